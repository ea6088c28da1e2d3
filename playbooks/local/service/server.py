"""A small web service over one folder of data.

GET /health      200 once the service runs; says whether its table is there
GET /release     the release as text
GET /people/ID   one row of the table as JSON
GET /count       the number of rows as text
GET /users       the number of users as text
GET /files/NAME  one file of the bucket

PORT, DATA and RELEASE come from the environment. When it starts, it makes the table in the shape
of its release if there is none; from then on it only reads. The data may arrive, or be replaced,
while it runs: every request opens it anew.
"""

import http.server
import json
import os
import re
import signal
import sqlite3
import sys
import urllib.parse

DATA = os.environ["DATA"]
RELEASE = os.environ["RELEASE"]
TABLES = {
    "1": {
        "id": "INTEGER PRIMARY KEY",
        "first": "TEXT",
        "last": "TEXT",
        "email": "TEXT",
        "joined": "TEXT",
    },
    "2": {
        "id": "INTEGER PRIMARY KEY",
        "full_name": "TEXT NOT NULL",
        "email": "TEXT",
        "joined_year": "INTEGER",
    },
}
PIECE_BYTES = 1 << 16


def query(sql, *values):
    """Runs one statement on the table's file, opened so that nothing can be written."""
    path = urllib.parse.quote(os.path.join(DATA, "app.db"))
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "people"
    timeout = 10

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        try:
            if path == "/health":
                self.health()
            elif path == "/release":
                self.text(200, RELEASE + "\n")
            elif path == "/count":
                self.text(200, f"{query('SELECT count(*) FROM people')[0][0]}\n")
            elif path == "/users":
                self.users()
            elif match := re.fullmatch(r"/people/([0-9]{1,18})", path):
                self.person(int(match[1]))
            elif path.startswith("/files/"):
                self.file(path[len("/files/"):])
            else:
                self.text(404, "there is nothing here\n")
        except sqlite3.Error as error:
            self.text(503, f"the table cannot be read: {error}\n")

    def health(self):
        has_table = os.path.exists(os.path.join(DATA, "app.db"))
        self.json(200, {"status": "ok", "release": RELEASE, "hasTable": has_table})

    def person(self, number):
        columns = list(TABLES[RELEASE])
        rows = query(f"SELECT {', '.join(columns)} FROM people WHERE id = ?", number)
        if rows:
            self.json(200, dict(zip(columns, rows[0])))
        else:
            self.text(404, f"there is nobody with the number {number}\n")

    def users(self):
        try:
            with open(os.path.join(DATA, "users.jsonl"), "rb") as file:
                count = sum(1 for line in file if line.strip() and b'"username"' in line)
        except FileNotFoundError:
            return self.text(503, "there is no users file\n")
        self.text(200, f"{count}\n")

    def file(self, name):
        if "\0" in name:
            return self.text(404, "there is no such file\n")
        root = os.path.realpath(os.path.join(DATA, "files"))
        path = os.path.realpath(os.path.join(root, name))
        if os.path.commonpath([root, path]) != root or not os.path.isfile(path):
            return self.text(404, "there is no such file\n")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            while size > 0 and (piece := file.read(min(PIECE_BYTES, size))):
                self.wfile.write(piece)
                size -= len(piece)

    def json(self, status, value):
        body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
        self.reply(status, "application/json", body)

    def text(self, status, text):
        self.reply(status, "text/plain; charset=utf-8", text.encode())

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Release", RELEASE)
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def make_table():
    os.makedirs(DATA, exist_ok=True)
    columns = ", ".join(f"{name} {kind}" for name, kind in TABLES[RELEASE].items())
    connection = sqlite3.connect(os.path.join(DATA, "app.db"), timeout=5)
    with connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS people({columns})")
    connection.close()


def main():
    if RELEASE not in TABLES:
        sys.exit(f"RELEASE is '{RELEASE}'; it must be 1 or 2")
    make_table()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(("127.0.0.1", int(os.environ["PORT"])), Handler) as server:
        print(f"release {RELEASE} listens on {server.server_address[1]}", flush=True)
        server.serve_forever()


main()
