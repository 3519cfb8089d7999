"""`leukolens review`: the page at which a reader corrects, signs and hands on. Needs the extra `review`.

What it guards against, and what it cannot: SECURITY.md.
"""

from leukolens.base.extras import require

require("fastapi", "uvicorn", "argon2", "python_multipart", extra="review")
