"""A hub on this machine that speaks as much of Hugging Face's API as its own client asks of it."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response


class Hub:
    """Repositories in memory: name → commit → path → bytes, the newest commit last."""

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, dict[str, bytes]]] = {}
        self.private: dict[str, bool] = {}
        self.address = ""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/api/repos/create")
        async def create(request: Request) -> dict[str, Any]:
            asked = await request.json()
            name = f"{asked.get('organization') or 'lab'}/{asked['name']}"
            self.commits.setdefault(name, {})
            self.private[name] = bool(asked.get("private")) or asked.get("visibility") == "private"
            return {"url": f"{self.address}/{name}", "name": name}

        @app.post("/api/validate-yaml")
        async def validate() -> dict[str, Any]:
            return {"errors": [], "warnings": []}

        @app.post("/api/models/{owner}/{name}/preupload/{revision}")
        async def preupload(request: Request) -> dict[str, Any]:
            asked = (await request.json())["files"]
            return {"files": [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in asked]}

        @app.post("/api/models/{owner}/{name}/commit/{revision}")
        async def commit(owner: str, name: str, request: Request) -> dict[str, Any]:
            lines = [json.loads(line) for line in (await request.body()).splitlines() if line]
            held = self.commits[f"{owner}/{name}"]
            files = dict(list(held.values())[-1]) if held else {}
            for line in lines:
                if line["key"] == "file":
                    files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            sha = hashlib.sha1(json.dumps([owner, name, len(held)]).encode()).hexdigest()
            held[sha] = files
            return {"success": True, "commitOid": sha, "commitUrl": f"{self.address}/{owner}/{name}/commit/{sha}"}

        @app.get("/api/models/{owner}/{name}")
        @app.get("/api/models/{owner}/{name}/revision/{revision}")
        async def info(owner: str, name: str, revision: str = "main") -> Any:
            held = self.commits.get(f"{owner}/{name}")
            if not held:
                return Response(status_code=404, headers={"X-Error-Code": "RepoNotFound"})
            sha = revision if revision in held else list(held)[-1]
            return {"id": f"{owner}/{name}", "sha": sha, "siblings": [{"rfilename": one} for one in held[sha]]}

        @app.api_route("/{owner}/{name}/resolve/{revision}/{path:path}", methods=["GET", "HEAD"])
        async def resolve(owner: str, name: str, revision: str, path: str, request: Request) -> Response:
            data = self.commits[f"{owner}/{name}"][revision][path]
            headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": revision}
            if request.method == "HEAD":
                return Response(headers=headers | {"Content-Length": str(len(data))})
            return Response(data, headers=headers)

        return app


@contextmanager
def hub_server() -> Iterator[Hub]:
    """Answers on a free port of this machine."""
    hub = Hub()
    server = uvicorn.Server(uvicorn.Config(hub.app(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    hub.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield hub
    finally:
        server.should_exit = True
        thread.join()
