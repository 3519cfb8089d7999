# LeukoLens for the laboratory, on a processor: prediction, and the bench of `leukolens review`.
#
#   python -m build                                  # makes dist/*.whl; then, with an index or with wheels/ filled before
#   docker build --tag leukolens .
#   docker run --rm --network none -v "$PWD:/data" leukolens predict /data/cells --report /data/cells.html
#
# Without an index: pip download --require-hashes -r requirements.lock -d wheels, on a machine that has one; the build
# takes what lies in wheels/ first. tests/release/test_package.py installs in the same way without Docker.
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock dist/*.whl wheels* /tmp/wheels/
RUN pip install --find-links /tmp/wheels --require-hashes --requirement /tmp/wheels/requirements.lock \
 && pip install --no-deps /tmp/wheels/leukolens-*.whl \
 && rm -r /tmp/wheels \
 && useradd --create-home --uid 1000 leukolens
USER leukolens
WORKDIR /data

# The model answers one generated cell: libraries, model file and processor work together.
HEALTHCHECK --interval=60s --timeout=30s --start-period=10s --retries=3 \
    CMD ["python", "-m", "leukolens.cli.health"]
ENTRYPOINT ["leukolens"]
CMD ["--help"]
