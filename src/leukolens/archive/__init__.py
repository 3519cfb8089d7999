"""An archive of pictures, on this machine or in a store of objects → Parquet, by many workers. Needs the extra `scale`.

The one room that reads URLs, and only those that it is given. `leukolens predict --engine ray` opens it; no other does.
"""

from leukolens.base.extras import require

require("ray", "pyarrow", "fsspec", extra="scale")
