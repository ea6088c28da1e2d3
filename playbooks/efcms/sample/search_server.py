#!/usr/bin/env python3
"""A stand-in for the data plane of OpenSearch domains, for tests and the sample environment.

Usage: search_server.py [--port N] [--file PATH]

Prints the port it listens on (loopback only) and serves until its input ends; with --stay, until it
is killed. With --file every change is kept there and found again at the next start.

One server holds many domains. The first part of a path that begins with '@' names one
(http://127.0.0.1:9200/@efcms-search-exp1-alpha/efcms-case/_count); without it the domain is
'default'. A domain exists as soon as something is put into it; a DELETE of '/@name' drops it.

What it speaks: documents (PUT, POST, GET, HEAD and DELETE of /index/_doc/id, POST /index/_doc),
_bulk, _count and _search with match_all, term, terms, ids, exists and bool queries, indices with
settings and mappings, _mapping, _settings, _stats, _refresh, _flush, _aliases, _alias,
_cat/indices, _cat/aliases, _cat/tasks, _reindex (waiting or as a task), _tasks and their _cancel,
_cluster/health. Index names may be lists, patterns and aliases. It keeps no order, no relevance,
no shards, no types of fields, and checks no signature; every write is searchable at once.

The translog counts one operation for each write, as OpenSearch does; a flush sets it to zero.

What a test may set, as JSON:
  POST /_stub/reset       {}                    all domains, faults and settings away
  POST /_stub/faults      [{"match": "POST .*/_reindex", "times": 1, "after": 0, "status": 503,
                            "body": {...}, "carryOut": false, "hangUp": false, "seconds": 0}]
                          answers in place of the server to what matches "METHOD /path?query", the
                          first "after" of them let through; with carryOut the work is done first,
                          and only its answer is lost
  POST /_stub/counts      {"domain": "d", "index": "i", "add": -3, "reads": 2}
                          the next so many counts of the index are off by that; 0 reads: all
  POST /_stub/translog    {"domain": "d", "index": "i", "operations": 7, "reads": 2}
                          operations, flushed away once they have been read so often (0: never)
  POST /_stub/reindex     {"polls": 2, "failures": [{...}], "lose": 3, "cancel": false}
                          later reindexing tasks take that many polls more, fail so, lose
                                                documents
  POST /_stub/tasks/lose  {}                    tasks are forgotten, as when a node is replaced
  GET  /_stub/requests                          "METHOD /path?query" of all requests so far
  GET  /_stub/domains                           documents by domain and index
"""

import argparse
import fnmatch
import http.server
import json
import os
import re
import socketserver
import sys
import threading
import time
import urllib.parse

LOCK = threading.RLock()
NODE = "aSearchNode0000000000A"


class Refusal(Exception):
    """An error answer as OpenSearch gives it."""

    def __init__(self, status, kind, reason, index=None):
        super().__init__(reason)
        error = {"type": kind, "reason": reason}
        if index:
            error["index"] = index
        self.status = status
        self.body = {"error": {"root_cause": [dict(error)], **error}, "status": status}


def missing(index):
    return Refusal(404, "index_not_found_exception", f"no such index [{index}]", index)


class World:
    """All that the server holds."""

    def __init__(self, path):
        self.path = path
        self.reset()
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.domains = json.load(file)

    def reset(self):
        self.domains = {}
        self.tasks = {}
        self.next_task = 1
        self.faults = []
        self.offsets = []
        self.flushes = {}
        self.reindexing = {}
        self.requests = []

    def keep(self):
        if not self.path:
            return
        draft = self.path + ".new"
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(self.domains, file)
        os.replace(draft, self.path)

    def domain(self, name):
        return self.domains.setdefault(name, {"indices": {}, "aliases": {}})


# Queries


def field(source, name):
    value = source
    for part in name.removesuffix(".keyword").split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def texts(value):
    values = value if isinstance(value, list) else [value]
    return {json.dumps(v) if isinstance(v, bool) else str(v) for v in values if v is not None}


def matches(query, key, source):
    """Whether a document meets a query; an unknown kind of query is refused."""
    if not query:
        return True
    kind, rule = next(iter(query.items()))
    if kind == "match_all":
        return True
    if kind == "exists":
        return field(source, rule["field"]) is not None
    if kind == "ids":
        return key in rule["values"]
    if kind in ("term", "match", "match_phrase", "terms"):
        name, wanted = next((k, v) for k, v in rule.items() if k != "boost")
        if isinstance(wanted, dict):
            wanted = wanted.get("value", wanted.get("query"))
        return bool(texts(field(source, name)) & texts(wanted))
    if kind == "bool":

        def each(name):
            clauses = rule.get(name, [])
            clauses = clauses if isinstance(clauses, list) else [clauses]
            return [matches(clause, key, source) for clause in clauses]

        if not all(each("must")) or not all(each("filter")) or any(each("must_not")):
            return False
        should = each("should")
        is_optional = "must" in rule or "filter" in rule
        needed = rule.get("minimum_should_match", 0 if is_optional else 1)
        return not should or sum(should) >= int(needed)
    raise Refusal(400, "parsing_exception", f"unknown query [{kind}]")


# Indices


def resolve(domain, names, write=False, absent_is_fine=False):
    """The indices that a name, a list, a pattern or an alias stands for."""
    found = []
    for name in (names or "_all").split(","):
        name = "*" if name == "_all" else name
        if "*" in name:
            hits = [i for i in domain["indices"] if fnmatch.fnmatchcase(i, name)]
            hits += [
                i for a, m in domain["aliases"].items() if fnmatch.fnmatchcase(a, name) for i in m
            ]
        elif name in domain["aliases"]:
            hits = list(domain["aliases"][name])
            if write and len(hits) != 1:
                raise Refusal(
                    400, "illegal_argument_exception", f"no write index is defined for [{name}]")
        elif name in domain["indices"]:
            hits = [name]
        elif absent_is_fine:
            hits = []
        else:
            raise missing(name)
        found += [hit for hit in dict.fromkeys(hits) if hit not in found]
    return found


def make_index(domain, name, body=None):
    if name in domain["indices"] or name in domain["aliases"]:
        raise Refusal(
            400, "resource_already_exists_exception", f"index [{name}] already exists", name)
    if name != name.lower() or name.startswith("_"):
        raise Refusal(400, "invalid_index_name_exception", f"Invalid index name [{name}]", name)
    body = body or {}
    domain["indices"][name] = {
        "docs": {}, "operations": 0,
        "mappings": body.get("mappings", {}), "settings": body.get("settings", {}),
    }
    for alias in body.get("aliases", {}):
        domain["aliases"].setdefault(alias, []).append(name)
    return domain["indices"][name]


def write_index(domain, name):
    if name in domain["aliases"]:
        return resolve(domain, name, write=True)[0]
    if name not in domain["indices"]:
        make_index(domain, name)
    return name


def drop_index(domain, name):
    del domain["indices"][name]
    for alias in list(domain["aliases"]):
        domain["aliases"][alias] = [i for i in domain["aliases"][alias] if i != name]
        if not domain["aliases"][alias]:
            del domain["aliases"][alias]


def put_document(domain, name, key, source, create=False):
    index = domain["indices"][name]
    was_there = key in index["docs"]
    if was_there and create:
        raise Refusal(
            409, "version_conflict_engine_exception",
            f"[{key}]: version conflict, document already exists", name)
    index["docs"][key] = source
    index["operations"] += 1
    return {
        "_index": name, "_id": key, "_version": 1, "result": "updated" if was_there else "created",
        "_shards": {"total": 2, "successful": 1, "failed": 0},
    }


def drop_document(domain, name, key):
    index = domain["indices"][name]
    was_there = index["docs"].pop(key, None) is not None
    index["operations"] += was_there
    return {
        "_index": name, "_id": key, "_version": 2,
        "result": "deleted" if was_there else "not_found",
    }


# Reindexing


def start_reindex(world, domain_name, body):
    source, target = body.get("source") or {}, body.get("dest") or {}
    if not source.get("index") or not target.get("index"):
        raise Refusal(400, "action_request_validation_exception", "source and dest are needed")
    domain = world.domain(domain_name)
    names = source["index"] if isinstance(source["index"], list) else source["index"].split(",")
    indices = resolve(domain, ",".join(names))
    keys = [
        (i, k) for i in indices for k, d in domain["indices"][i]["docs"].items()
        if matches(source.get("query"), k, d)
    ]
    number = world.next_task
    world.next_task += 1
    stub = world.reindexing
    world.tasks[f"{NODE}:{number}"] = {
        "domain": domain_name, "body": body, "keys": keys, "done": 0, "created": 0, "updated": 0,
        "conflicts": 0, "polls": max(int(stub.get("polls", 0)), 0), "started": time.time(),
        "failures": stub.get("failures", []), "lose": int(stub.get("lose", 0)),
        "cancel": bool(stub.get("cancel", False)), "completed": False, "index": names,
    }
    return f"{NODE}:{number}"


def carry_on(world, name):
    """Copies the share of one poll, and says whether the task is done."""
    task = world.tasks[name]
    if task["completed"]:
        return
    domain = world.domain(task["domain"])
    target = task["body"]["dest"]
    rest = len(task["keys"]) - task["done"]
    is_last = task["polls"] == 0
    share = rest if is_last else rest // (task["polls"] + 1)
    task["polls"] -= not is_last
    for index, key in task["keys"][task["done"]:task["done"] + share]:
        task["done"] += 1
        source = domain["indices"].get(index, {"docs": {}})["docs"].get(key)
        if source is None:
            continue
        if task["lose"]:
            task["lose"] -= 1
            continue
        name_to = write_index(domain, target["index"])
        try:
            create = target.get("op_type") == "create"
            result = put_document(domain, name_to, key, dict(source), create)["result"]
            task[result] += 1
        except Refusal:
            task["conflicts"] += 1
    if not task["keys"]:
        write_index(domain, target["index"])
    task["completed"] = is_last


def task_answer(world, name):
    task = world.tasks[name]
    status = {
        "total": len(task["keys"]), "created": task["created"], "updated": task["updated"],
        "deleted": 0, "batches": 1, "version_conflicts": task["conflicts"], "noops": 0,
    }
    source = ", ".join(task["index"])
    answer = {
        "completed": task["completed"],
        "task": {
            "node": NODE, "id": int(name.split(":")[1]), "type": "transport",
            "action": "indices:data/write/reindex", "status": status, "cancellable": True,
            "description": f"reindex from [{source}] to [{task['body']['dest']['index']}]",
            "start_time_in_millis": int(task["started"] * 1000),
        },
    }
    if task["completed"]:
        answer["response"] = {
            "took": 1, "timed_out": False, **status, "failures": task["failures"]}
        if task["cancel"]:
            answer["response"]["canceled"] = "by user request"
    return answer


# Requests


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = body if isinstance(body, str) else json.dumps(body)
        data = text.encode()
        self.send_response_only(status)
        kind = "text/plain" if isinstance(body, str) else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def any_request(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urllib.parse.urlsplit(self.path)
        parts = [urllib.parse.unquote(p) for p in split.path.split("/") if p]
        query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        world = self.server.world
        if parts[:1] == ["_stub"]:
            with LOCK:
                return self.answer(*stub(world, self.command, parts[1:], raw))
        line = f"{self.command} {self.path}"
        with LOCK:
            world.requests.append(line)
            fault = next((f for f in world.faults if re.search(f["match"], line)), None)
            if fault and fault.get("after", 0) > 0:
                fault["after"] -= 1
                fault = None
            elif fault:
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] == 0:
                    world.faults.remove(fault)
        if fault:
            time.sleep(fault.get("seconds", 0))
            status = fault.get("status")
            if fault.get("carryOut"):
                self.carried_out(parts, query, raw)
            if fault.get("hangUp"):
                self.close_connection = True
                return None
            if status:
                return self.answer(status, fault.get("body", {"message": "a fault of the test"}))
        return self.answer(*self.carried_out(parts, query, raw))

    def carried_out(self, parts, query, raw):
        world = self.server.world
        name = parts.pop(0)[1:] if parts and parts[0].startswith("@") else "default"
        with LOCK:
            try:
                result = serve(world, name, self.command, parts, query, raw)
            except Refusal as refusal:
                return refusal.status, refusal.body
            except (ValueError, KeyError, TypeError) as problem:
                refusal = Refusal(400, "parse_exception", f"cannot read the request: {problem!r}")
                return refusal.status, refusal.body
            if self.command not in ("GET", "HEAD") or parts[:1] == ["_tasks"]:
                world.keep()
            return result

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = any_request


def serve(world, name, method, parts, query, raw):
    if not parts:
        if method == "DELETE":
            world.domains.pop(name, None)
            return 200, {"acknowledged": True}
        return 200, {"cluster_name": name, "version": {"number": "2.11.0"}}
    domain = world.domains.get(name) or {"indices": {}, "aliases": {}}
    if method in ("PUT", "POST", "DELETE"):
        domain = world.domain(name)
    if parts[0] == "_bulk":
        return bulk(domain, None, raw)
    body = json.loads(raw) if raw.strip() and "_bulk" not in parts else {}
    if parts[0].startswith("_") and parts[0] != "_all":
        return of_domain(world, domain, name, method, parts, query, body)
    index, rest = parts[0], parts[1:]
    if not rest:
        return of_index(domain, index, method, body, query)
    if rest[0] in ("_doc", "_create"):
        return of_document(domain, index, method, rest, body, query)
    if rest[0] == "_bulk":
        return bulk(domain, index, raw)
    return of_domain(world, domain, name, method, rest, query, body, index)


def of_index(domain, name, method, body, query):
    if method == "PUT":
        make_index(domain, name, body)
        return 200, {"acknowledged": True, "shards_acknowledged": True, "index": name}
    indices = resolve(domain, name, absent_is_fine=query.get("ignore_unavailable") == "true")
    if method == "DELETE":
        if name in domain["aliases"]:
            raise Refusal(
                400, "illegal_argument_exception",
                f"The provided expression [{name}] matches an alias, specify the corresponding "
                "concrete indices instead.")
        for index in indices:
            drop_index(domain, index)
        return 200, {"acknowledged": True}
    return 200, {i: shape(domain, i) for i in indices}


def shape(domain, name):
    index = domain["indices"][name]
    return {
        "aliases": {a: {} for a, m in domain["aliases"].items() if name in m},
        "mappings": index["mappings"], "settings": {"index": index["settings"]},
    }


def of_document(domain, index, method, rest, body, query):
    if method in ("PUT", "POST"):
        target = write_index(domain, index)
        number = len(domain["indices"][target]["docs"]) + 1
        key = rest[1] if len(rest) > 1 else f"made-{number}-{time.time_ns()}"
        create = rest[0] == "_create" or query.get("op_type") == "create"
        result = put_document(domain, target, key, body, create)
        return 201 if result["result"] == "created" else 200, result
    target = resolve(domain, index, write=True)[0]
    if method == "DELETE":
        result = drop_document(domain, target, rest[1])
        return 200 if result["result"] == "deleted" else 404, result
    source = domain["indices"][target]["docs"].get(rest[1])
    found = {"_index": target, "_id": rest[1], "found": source is not None}
    return (200, {**found, "_source": source}) if found["found"] else (404, found)


def bulk(domain, standard, raw):
    lines = [json.loads(line) for line in raw.splitlines() if line.strip()]
    items, at = [], 0
    while at < len(lines):
        verb, about = next(iter(lines[at].items()))
        at += 1
        index = write_index(domain, about.get("_index") or standard)
        key = about.get("_id") or f"made-{at}-{time.time_ns()}"
        try:
            if verb == "delete":
                result = drop_document(domain, index, key)
                status = 200 if result["result"] == "deleted" else 404
            else:
                source = lines[at]
                at += 1
                if verb == "update":
                    old = domain["indices"][index]["docs"].get(key, {})
                    source = {**old, **source.get("doc", {})}
                result = put_document(domain, index, key, source, verb == "create")
                status = 201 if result["result"] == "created" else 200
        except Refusal as refusal:
            result = {"_index": index, "_id": key, "error": refusal.body["error"]}
            status = refusal.status
        items.append({verb: {**result, "status": status}})
    errors = any("error" in next(iter(item.values())) for item in items)
    return 200, {"took": 1, "errors": errors, "items": items}


def of_domain(world, domain, name, method, parts, query, body, index=None):
    """What hangs below '/_verb' or '/index/_verb'."""
    verb = parts[0]
    lenient = query.get("ignore_unavailable") == "true"
    if verb == "_cluster":
        return 200, {"cluster_name": name, "status": "green", "number_of_nodes": 1}
    if verb == "_cat":
        return cat(world, domain, name, parts[1:], query)
    if verb == "_tasks":
        return tasks(world, name, method, parts[1:], query)
    if verb == "_reindex":
        task = start_reindex(world, name, body)
        if query.get("wait_for_completion", "true") == "false":
            return 200, {"task": task}
        while not world.tasks[task]["completed"]:
            carry_on(world, task)
        return 200, task_answer(world, task)["response"]
    if verb in ("_aliases", "_alias"):
        return aliases(domain, method, parts, body, index)
    indices = resolve(domain, index, absent_is_fine=lenient)
    if verb == "_count":
        shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
        return 200, {"count": sum(count(world, domain, name, i, body) for i in indices),
                     "_shards": shards}
    if verb == "_search":
        hits = [
            {"_index": i, "_id": k, "_source": d}
            for i in indices for k, d in domain["indices"][i]["docs"].items()
            if matches(body.get("query"), k, d)
        ]
        size = int(query.get("size", body.get("size", 10)))
        start = int(query.get("from", body.get("from", 0)))
        return 200, {"timed_out": False, "hits": {
            "total": {"value": len(hits), "relation": "eq"}, "hits": hits[start:start + size]}}
    if verb == "_stats":
        return 200, stats(world, domain, name, indices)
    if verb in ("_flush", "_refresh"):
        for i in indices if verb == "_flush" else []:
            domain["indices"][i]["operations"] = 0
        return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}
    if verb in ("_mapping", "_settings"):
        part = verb[1:] + ("s" if verb == "_mapping" else "")
        if method in ("PUT", "POST"):
            for i in indices:
                for key, value in body.items():
                    old = domain["indices"][i][part].get(key)
                    both = isinstance(old, dict) and isinstance(value, dict)
                    domain["indices"][i][part][key] = {**old, **value} if both else value
            return 200, {"acknowledged": True}
        return 200, {i: {part: shape(domain, i)[part]} for i in indices}
    raise Refusal(400, "illegal_argument_exception", f"no handler found for [{verb}]")


def count(world, domain, name, index, body):
    found = sum(
        matches(body.get("query"), k, d) for k, d in domain["indices"][index]["docs"].items())
    for offset in list(world.offsets):
        if offset["index"] == index and offset.get("domain", "default") == name:
            found += offset["add"]
            if offset.get("reads"):
                offset["reads"] -= 1
                if offset["reads"] == 0:
                    world.offsets.remove(offset)
    return max(found, 0)


def stats(world, domain, name, indices):
    answer = {}
    for i in indices:
        index = domain["indices"][i]
        numbers = {
            "docs": {"count": len(index["docs"]), "deleted": 0},
            "translog": {
                "operations": index["operations"], "uncommitted_operations": index["operations"]},
        }
        answer[i] = {"primaries": numbers, "total": numbers}
        left = world.flushes.get((name, i))
        if left is not None:
            world.flushes[(name, i)] = left - 1
            if left <= 1:
                index["operations"] = 0
                del world.flushes[(name, i)]
    return {"_shards": {"total": 1, "successful": 1, "failed": 0}, "indices": answer}


def cat(world, domain, name, parts, query):
    what = parts[0]
    if what == "indices":
        names = resolve(domain, parts[1] if len(parts) > 1 else None)
        rows = [{"index": i, "health": "green", "status": "open",
                 "docs.count": str(len(domain["indices"][i]["docs"]))} for i in sorted(names)]
    elif what == "aliases":
        rows = [{"alias": a, "index": i}
                for a, m in sorted(domain["aliases"].items()) for i in m]
    elif what == "tasks":
        rows = []
        for task in sorted(world.tasks):
            if world.tasks[task]["domain"] == name and not world.tasks[task]["completed"]:
                carry_on(world, task)
                rows.append({"action": "indices:data/write/reindex", "task_id": task,
                             "parent_task_id": "-", "type": "transport", "node": NODE})
    else:
        raise Refusal(400, "illegal_argument_exception", f"no handler found for [_cat/{what}]")
    if query.get("format") == "json":
        return 200, rows
    return 200, "".join(" ".join(row.values()) + "\n" for row in rows)


def tasks(world, name, method, parts, query):
    if not parts:
        kinds = query.get("actions", "*").split(",")
        action = "indices:data/write/reindex"
        open_tasks = {
            t: task_answer(world, t)["task"] for t in sorted(world.tasks)
            if world.tasks[t]["domain"] == name and not world.tasks[t]["completed"]
            and any(fnmatch.fnmatchcase(action, kind) for kind in kinds)
        }
        return 200, {"nodes": {NODE: {"name": NODE, "tasks": open_tasks}} if open_tasks else {}}
    task = parts[0]
    if task not in world.tasks or world.tasks[task]["domain"] != name:
        raise Refusal(
            404, "resource_not_found_exception",
            f"task [{task}] isn't running and hasn't stored its results")
    if parts[1:] == ["_cancel"]:
        world.tasks[task].update(completed=True, cancel=True)
        return 200, {"nodes": {NODE: {"tasks": {task: task_answer(world, task)["task"]}}}}
    carry_on(world, task)
    return 200, task_answer(world, task)


def aliases(domain, method, parts, body, index):
    if parts[0] == "_aliases" and method == "POST":
        draft = {alias: list(members) for alias, members in domain["aliases"].items()}
        dropped = []
        for action in body["actions"]:
            verb, rule = next(iter(action.items()))
            names = rule.get("indices") or [rule["index"]]
            targets = resolve(domain, ",".join(names))
            if verb == "remove_index":
                dropped += targets
                continue
            for alias in rule.get("aliases") or [rule["alias"]]:
                members = draft.setdefault(alias, [])
                if verb == "add":
                    if alias in domain["indices"] and alias not in dropped:
                        raise Refusal(
                            400, "invalid_alias_name_exception",
                            f"Invalid alias name [{alias}]: an index exists with the same name")
                    members += [t for t in targets if t not in members]
                elif not any(t in members for t in targets):
                    raise Refusal(
                        404, "aliases_not_found_exception", f"aliases [{alias}] missing")
                else:
                    draft[alias] = [m for m in members if m not in targets]
        domain["aliases"] = {alias: members for alias, members in draft.items() if members}
        for target in dropped:
            drop_index(domain, target)
        return 200, {"acknowledged": True}
    if method in ("PUT", "POST", "DELETE"):
        verb = "remove" if method == "DELETE" else "add"
        action = {verb: {"index": index, "alias": parts[1]}}
        return aliases(domain, "POST", ["_aliases"], {"actions": [action]}, None)
    wanted = parts[1] if len(parts) > 1 else "*"
    known = [a for a in domain["aliases"] if fnmatch.fnmatchcase(a, wanted)]
    if not known and "*" not in wanted:
        return 404, {"error": f"alias [{wanted}] missing", "status": 404}
    answer = {}
    for i in resolve(domain, index):
        members = {a: {} for a in known if i in domain["aliases"][a]}
        if members or wanted == "*":
            answer[i] = {"aliases": members}
    return 200, answer


# What a test sets


def stub(world, method, parts, raw):
    body = json.loads(raw) if raw.strip() else {}
    if parts == ["requests"]:
        return 200, list(world.requests)
    if parts == ["domains"]:
        return 200, {
            d: {i: x["docs"] for i, x in v["indices"].items()} for d, v in world.domains.items()}
    if parts == ["reset"]:
        world.reset()
    elif parts == ["faults"]:
        world.faults = body if isinstance(body, list) else [body]
    elif parts == ["counts"]:
        world.offsets.append(body)
    elif parts == ["translog"]:
        name = body.get("domain", "default")
        index = world.domain(name)["indices"].get(body["index"])
        if index is None:
            return 404, {"error": "no such index"}
        index["operations"] = int(body["operations"])
        world.flushes.pop((name, body["index"]), None)
        if body.get("reads"):
            world.flushes[(name, body["index"])] = int(body["reads"])
    elif parts == ["reindex"]:
        world.reindexing = body
    elif parts == ["tasks", "lose"]:
        world.tasks = {}
    else:
        return 404, {"error": "unknown to the stub"}
    world.keep()
    return 200, {"acknowledged": True}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description="A stand-in for search domains.")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--file")
    arguments.add_argument("--stay", action="store_true", help="serve until killed")
    given = arguments.parse_args()
    server = Server(("127.0.0.1", given.port), Handler)
    server.world = World(given.file)
    print(server.server_address[1], flush=True)
    if given.stay:
        server.serve_forever()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
