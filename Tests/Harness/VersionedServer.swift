/// A server of buckets that keep versions and lock objects, as the API reference of S3 says.
///
/// It does what moto does not: it lists versions and delete markers in one order, by which alone
/// they are told apart (all have one time), answers for retentions, and heeds conditions on writes.
/// `POST /-/set` merges a JSON object into its settings: `down` counts requests that change
/// something until the server breaks down, `away` how many connections it resets then, `carries`
/// whether it carried out the one that broke it, `deny` operations that are refused.
package struct VersionedServer: Sendable {
  package let base: String

  package static func run<Answer>(
    _ body: (VersionedServer) async throws -> Answer
  ) async throws -> Answer {
    try await ScriptedServer.run(script) { server in
      try await body(VersionedServer(base: server.base))
    }
  }

  /// What a process needs to reach it, and nothing else of AWS.
  package var environment: [String: String] {
    [
      "AWS_ENDPOINT_URL": base, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
      "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
      "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
      "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    ]
  }

  /// Runs a script with boto3 against the server; `s3`, `history(bucket)` and `fill` are there.
  package func python(_ script: String, _ arguments: [String] = []) throws -> String {
    let settings = environment.map { "\($0.key)=\($0.value)" }
    let output = try Tool.run(
      ["env"] + settings + ["AWS_REQUEST_CHECKSUM_CALCULATION=when_required"]
        + ["python3", "-c", Self.opening + script] + arguments)
    guard output.status == 0 else { throw HarnessError("python: \(output.errorText)") }
    return output.text
  }

  package func set(_ settings: String) throws {
    let output = try Tool.run(["curl", "-sS", "--fail", "-d", settings, "\(base)/-/set"])
    guard output.status == 0 else { throw HarnessError("set: \(output.errorText)") }
  }

  private static let opening = #"""
    import boto3, json, sys, re, urllib.request
    s3 = boto3.client('s3')
    def history(bucket):
        # Each key with its contents, the oldest first; None is a deletion.
        found = {}
        order = urllib.request.urlopen("%s/%s?versions" % (s3.meta.endpoint_url, bucket)).read()
        for kind, key, id in re.findall(
                r"<(Version|DeleteMarker)><Key>(.*?)</Key><VersionId>(.*?)<", order.decode()):
            body = s3.get_object(Bucket=bucket, Key=key, VersionId=id)["Body"].read().decode() \
                if kind == "Version" else None
            found.setdefault(key, []).insert(0, body)
        return found
    def fill(bucket):
        s3.create_bucket(Bucket=bucket)
        on = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=on)
        for key, states in {"a": ["1", "2", "2", None, "3"], "a b/ä": ["x"], "gone": ["y", None],
                            "never": [None], "twice": ["z", None, None, "z"]}.items():
            for state in states:
                if state is None: s3.delete_object(Bucket=bucket, Key=key)
                else: s3.put_object(Bucket=bucket, Key=key, Body=state, Metadata={"of": state},
                                    Tagging="t=" + state, ContentType="text/" + state)

    """#

  private static let script = #"""
    import base64, hashlib, re
    from email.utils import formatdate
    from xml.sax.saxutils import escape
    shared.update(buckets={}, count=0, down=0, away=0, carries=True, deny=[], page=1000, log=[])
    OWNER = "owner-of-all"
    NO_LOCK = "Bucket is missing Object Lock Configuration"

    def error(self, status, code, message="m"):
        self.answer(status, [("Content-Type", "application/xml")],
                    "<Error><Code>%s</Code><Message>%s</Message></Error>" % (code, message))

    def xml(self, name, body, headers=()):
        self.answer(200, list(headers) + [("Content-Type", "application/xml")],
                    '<?xml version="1.0"?>\n<%s>%s</%s>' % (name, body, name))

    def put(bucket, key, version):
        shared["count"] += 1
        version["id"] = "v%d.%s" % (shared["count"], hashlib.md5(key.encode()).hexdigest()[:6])
        versions = bucket["keys"].setdefault(key, [])
        if not bucket["versioning"]:
            version["id"] = "null"
            del versions[:]
        versions.append(version)
        return version

    def find(bucket, key, id):
        versions = bucket["keys"].get(key, [])
        if id is None: return versions[-1] if versions else None
        return next((v for v in versions if v["id"] == id), None)

    def kept(headers):
        low = {k.lower(): v for k, v in headers.items()}
        names = ("content-type", "cache-control", "content-encoding", "x-amz-storage-class")
        return {k: v for k, v in low.items() if k in names or k.startswith("x-amz-meta-")}

    def guards(self, bucket, version):
        h = self.headers
        if h.get("x-amz-object-lock-mode"):
            version["retention"] = (h["x-amz-object-lock-mode"],
                                    h["x-amz-object-lock-retain-until-date"])
        elif bucket.get("default"): version["retention"] = ("GOVERNANCE", "2031-01-01T00:00:00Z")
        version["hold"] = h.get("x-amz-object-lock-legal-hold") == "ON"
        version["grants"] = [(n.lower()[12:], h[n]) for n in h.keys()
                             if n.lower().startswith("x-amz-grant-")]

    def listing(self, bucket, query):
        flat = [(key, v, v is versions[-1]) for key, versions in sorted(
            bucket["keys"].items(), key=lambda i: i[0].encode()) for v in reversed(versions)]
        flat = [e for e in flat if e[0].startswith(query.get("prefix", ""))]
        mark, id = query.get("key-marker"), query.get("version-id-marker")
        if mark is not None:
            at = next((i for i, e in enumerate(flat) if e[0] == mark and e[1]["id"] == id), None)
            flat = flat[at + 1:] if at is not None else [
                e for e in flat if e[0].encode() > mark.encode()]
        limit = min(shared["page"], int(query.get("max-keys", 1000)))
        page, more = flat[:limit], flat[limit:]
        quote = urllib.parse.quote if query.get("encoding-type") else escape
        out = "<EncodingType>url</EncodingType>" if query.get("encoding-type") else ""
        out += "<IsTruncated>%s</IsTruncated>" % ("true" if more else "false")
        if more:
            out += "<NextKeyMarker>%s</NextKeyMarker><NextVersionIdMarker>%s" \
                   "</NextVersionIdMarker>" % (quote(page[-1][0]), page[-1][1]["id"])
        for key, v, latest in page:
            name = "DeleteMarker" if v["body"] is None else "Version"
            rest = "" if v["body"] is None else "<ETag>&quot;%s&quot;</ETag><Size>%d</Size>" % (
                v["etag"], len(v["body"]))
            out += "<%s><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%s</IsLatest>" \
                   "<LastModified>2026-01-02T03:04:05.000Z</LastModified>%s</%s>" % (
                name, quote(key), v["id"], "true" if latest else "false", rest, name)
        xml(self, "ListVersionsResult", out)

    def objects(self, bucket, query):
        out = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
        for key, versions in sorted(bucket["keys"].items(), key=lambda i: i[0].encode()):
            v = versions[-1]
            if v["body"] is None or key.encode() <= query.get("start-after", "").encode(): continue
            out += "<Contents><Key>%s</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>" \
                   "<ETag>&quot;%s&quot;</ETag><Size>%d</Size></Contents>" % (
                urllib.parse.quote(key), v["etag"], len(v["body"]))
        xml(self, "ListBucketResult", out)

    def locked(version):
        return version.get("hold") or (version.get("retention") or ("", ""))[1] > "2026-12-01"

    def remove(bucket, key, id):
        # False where a lock holds it.
        version = find(bucket, key, id)
        if version and locked(version): return False
        if version: bucket["keys"][key].remove(version)
        if not bucket["keys"].get(key): bucket["keys"].pop(key, None)
        return True

    def on_bucket(self, name, bucket, query, words, body):
        if self.command == "HEAD": return self.answer(200 if bucket else 404)
        if self.command == "PUT" and not words:
            lock = self.headers.get("x-amz-bucket-object-lock-enabled") == "true"
            shared["buckets"][name] = {"keys": {}, "versioning": lock and "Enabled", "lock": lock}
            return self.answer(200)
        if not bucket: return error(self, 404, "NoSuchBucket")
        if "versioning" in words:
            if self.command == "PUT":
                bucket["versioning"] = re.search("<Status>(.*?)<", body.decode()).group(1)
                return self.answer(200)
            state = bucket["versioning"]
            text = "<Status>%s</Status>" % state if state else ""
            return xml(self, "VersioningConfiguration", text)
        if "object-lock" in words:
            if "object-lock" in shared["deny"]: return error(self, 403, "AccessDenied")
            if not bucket["lock"]:
                return error(self, 404, "ObjectLockConfigurationNotFoundError")
            rule = "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>9</Days>" \
                   "</DefaultRetention></Rule>" if bucket.get("default") else ""
            return xml(self, "ObjectLockConfiguration",
                       "<ObjectLockEnabled>Enabled</ObjectLockEnabled>" + rule)
        if "ownershipControls" in words:
            rule = "<Rule><ObjectOwnership>%s</ObjectOwnership></Rule>"
            owner = bucket.get("ownership", "BucketOwnerEnforced")
            return xml(self, "OwnershipControls", rule % owner)
        if "acl" in words:
            return xml(self, "AccessControlPolicy", "<Owner><ID>%s</ID></Owner>" % OWNER)
        if "versions" in words: return listing(self, bucket, query)
        if "uploads" in words:
            return xml(self, "ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>")
        if "list-type" in words: return objects(self, bucket, query)
        if "delete" in words:
            out = ""
            for part in re.findall("<Object>(.*?)</Object>", body.decode()):
                key = re.search("<Key>(.*?)</Key>", part).group(1)
                id = re.search("<VersionId>(.*?)<", part)
                if id is None: put(bucket, key, {"body": None})
                elif not remove(bucket, key, id.group(1)):
                    out += "<Error><Key>%s</Key><VersionId>%s</VersionId><Message>m</Message>" \
                           "<Code>AccessDenied</Code></Error>" % (key, id.group(1))
            return xml(self, "DeleteResult", out)
        if self.command == "DELETE":
            if bucket["keys"]: return error(self, 409, "BucketNotEmpty")
            del shared["buckets"][name]
            return self.answer(204)
        names = {"publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
                 "encryption": "ServerSideEncryptionConfigurationNotFoundError",
                 "tagging": "NoSuchTagSet", "cors": "NoSuchCORSConfiguration",
                 "website": "NoSuchWebsiteConfiguration", "policy": "NoSuchBucketPolicy",
                 "lifecycle": "NoSuchLifecycleConfiguration",
                 "replication": "ReplicationConfigurationNotFoundError"}
        if words and words[0] in names: return error(self, 404, names[words[0]])
        if words: return xml(self, "Configuration", "")
        self.answer(400)

    def refused(self, bucket, key):
        # Conditions are on what is the newest now.
        now = find(bucket, key, None)
        etag = now["etag"] if now and now["body"] is not None else None
        wanted = self.headers.get("If-Match")
        if wanted and (etag is None or wanted.strip('"') != etag): return True
        return self.headers.get("If-None-Match") == "*" and etag is not None

    def on_object(self, bucket, key, query, words, body):
        id = query.get("versionId")
        if self.command == "PUT":
            if refused(self, bucket, key): return error(self, 412, "PreconditionFailed")
            source = self.headers.get("x-amz-copy-source")
            if source:
                path, _, item = source.partition("?versionId=")
                where, _, name = urllib.parse.unquote(path).lstrip("/").partition("/")
                old = find(shared["buckets"][where], name, item or None)
                if old is None: return error(self, 404, "NoSuchVersion")
                new = dict(old, retention=None, hold=False, grants=[])
            else:
                needs = self.headers.get("x-amz-object-lock-mode") or bucket.get("default")
                if needs and not self.headers.get("Content-MD5"):
                    return error(self, 400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- "
                                 "HTTP header is required for Put Object requests with Object "
                                 "Lock parameters")
                new = dict(body=body, etag=hashlib.md5(body).hexdigest(), kept=kept(self.headers),
                           tags=dict(urllib.parse.parse_qsl(self.headers.get("x-amz-tagging", ""))))
            lock = [n for n in self.headers.keys() if n.lower().startswith("x-amz-object-lock")]
            if lock and not bucket["lock"]:
                return error(self, 400, "InvalidRequest", NO_LOCK)
            guards(self, bucket, new)
            new = put(bucket, key, new)
            headers = [("x-amz-version-id", new["id"]), ("ETag", '"%s"' % new["etag"])]
            if not source: return self.answer(200, headers)
            return xml(self, "CopyObjectResult", "<ETag>&quot;%s&quot;</ETag><LastModified>"
                       "2026-01-02T03:04:05.000Z</LastModified>" % new["etag"], headers)
        if self.command == "DELETE":
            if refused(self, bucket, key): return error(self, 412, "PreconditionFailed")
            if id is None:
                new = put(bucket, key, {"body": None})
                return self.answer(204, [("x-amz-version-id", new["id"])])
            if not remove(bucket, key, id): return error(self, 403, "AccessDenied")
            return self.answer(204)
        version = find(bucket, key, id)
        if version is None or version["body"] is None: return error(self, 404, "NoSuchKey")
        for name in ("retention", "legal-hold", "acl"):
            if name in words and name in shared["deny"]: return error(self, 403, "AccessDenied")
        if "retention" in words or "legal-hold" in words:
            if not bucket["lock"]:
                return error(self, 400, "InvalidRequest", NO_LOCK)
        if "retention" in words:
            if not version.get("retention"):
                return error(self, 404, "NoSuchObjectLockConfiguration")
            text = "<Mode>%s</Mode><RetainUntilDate>%s</RetainUntilDate>"
            return xml(self, "Retention", text % version["retention"])
        if "legal-hold" in words:
            state = "ON" if version["hold"] else "OFF"
            return xml(self, "LegalHold", "<Status>%s</Status>" % state)
        if "acl" in words:
            grants = version["grants"] or [("full-control", 'id="%s"' % OWNER)]
            line = "<Grant><Grantee><%s>%s</%s></Grantee><Permission>%s</Permission></Grant>"
            lines = [line % (t.upper(), w, t.upper(), p.upper().replace("-", "_"))
                     for p, who in grants for t, w in re.findall(r'(\w+)="(.*?)"', who)]
            return xml(self, "AccessControlPolicy", "<Owner><ID>%s</ID></Owner>"
                       "<AccessControlList>%s</AccessControlList>" % (OWNER, "".join(lines)))
        if "tagging" in words:
            return xml(self, "Tagging", "<TagSet>%s</TagSet>" % "".join(
                "<Tag><Key>%s</Key><Value>%s</Value></Tag>" % i for i in version["tags"].items()))
        headers = list(version["kept"].items()) + [
            ("ETag", '"%s"' % version["etag"]), ("x-amz-version-id", version["id"]),
            ("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")]
        if version["tags"]: headers.append(("x-amz-tagging-count", str(len(version["tags"]))))
        self.answer(200, headers, version["body"])

    def handle(self, path, query):
        body = self.body()
        with changed:
            if path == "/-/set":
                shared.update(json.loads(body))
                return self.answer()
            if path == "/-/each":
                name, settings = json.loads(body)
                shared["buckets"][name].update(settings)
                return self.answer()
            name, _, key = path.lstrip("/").partition("/")
            key = urllib.parse.unquote(key)
            words = [w.partition("=")[0] for w in self.path.partition("?")[2].split("&") if w]
            if shared["away"] > 0:
                shared["away"] -= 1
                return self.reset()
            changes = key and self.command in ("PUT", "DELETE")
            breaks = False
            if changes and shared["down"] > 0:
                shared["down"] -= 1
                breaks = shared["down"] == 0
            if breaks:
                shared["away"] = 40
                if not shared["carries"]: return self.reset()
                self.answer = lambda *a, **k: None
            bucket = shared["buckets"].get(name)
            if not key: on_bucket(self, name, bucket, query, words, body)
            elif not bucket: error(self, 404, "NoSuchBucket")
            else: on_object(self, bucket, key, query, words, body)
            if breaks: self.reset()
    """#
}
