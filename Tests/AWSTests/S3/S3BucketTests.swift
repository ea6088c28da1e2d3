import Harness
import Resources
import Testing

@testable import AWS

@Suite("Buckets of S3", .waiting)
struct S3BucketTests {
  @Test("the laws of buckets hold for a whole bucket and for a folder of one")
  func keepsLaws() async throws {
    let world = try S3World()
    try await BucketStoreLaws(keepsTimes: false, keepsBytes: false) {
      try world.bucket("s3://laws-whole")
    }.check()
    // Neighbours, whose names begin alike, are not of the folder and stay as they are.
    _ = try world.server.python(
      """
      s3 = client('s3'); s3.create_bucket(Bucket='laws-folder')
      for key in ['in', 'in-', 'in0', 'im/x', 'in', 'in/side0']:
          s3.put_object(Bucket='laws-folder', Key=key, Body=key)
      """)
    try await BucketStoreLaws(keepsTimes: false, keepsBytes: false, isFolder: true) {
      try world.bucket("s3://laws-folder/in/side/")
    }.check()
    let left = try world.server.python(
      """
      for o in client('s3').list_objects_v2(Bucket='laws-folder')['Contents']: print(o['Key'])
      """)
    #expect(left == "im/x\nin\nin-\nin/side0\nin0\n")
  }

  @Test("odd keys reach the service byte for byte, as boto3 reads them")
  func keepsOddKeys() async throws {
    let world = try S3World()
    let bucket = try world.bucket("s3://odd-keys")
    try await bucket.create()
    let keys = [
      "plain", "with space", "a+b", "a//b", "/leading", "up/../down", "ä/\u{1f600}", "q?x=1&y#z",
      "100%", "semi;colon:at@", "per%2Fcent", "quote'\"<&>", "trailing/", "tab\there",
    ]
    for key in keys { _ = try await world.put(key, Array(key.utf8), in: bucket) }
    let read = try world.server.python(
      """
      s3 = client('s3')
      keys = [o['Key'] for o in s3.list_objects_v2(Bucket='odd-keys')['Contents']]
      for key in keys:
          assert s3.get_object(Bucket='odd-keys', Key=key)['Body'].read() == key.encode(), key
      print(json.dumps(sorted(keys)))
      """)
    let expected = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let json = try world.server.python(
      "print(json.dumps(sorted(sys.argv[1:])))", keys)
    #expect(read == json)
    let listed = try await bucket.page(after: nil, limit: 1000).elements.map(\.key)
    #expect(listed == expected.map { ObjectKey($0) })
    for key in keys {
      let content = try await S3World.content(bucket.read(ObjectKey(key)))
      #expect(content == Array(key.utf8))
    }
    #expect(try await bucket.delete(keys.map { ObjectKey($0) }).isEmpty)
    #expect(try await bucket.page(after: nil, limit: 10).elements.isEmpty)
  }

  @Test("metadata, headers and tags are kept, and boto3 reads them")
  func keepsMetadata() async throws {
    let world = try S3World()
    let bucket = try world.bucket("s3://rich-metadata")
    try await bucket.create()
    var metadata = ObjectMetadata(
      contentType: "text/html; charset=utf-8", user: ["owner": "me", "word": "grün"],
      tags: ["a b": "c+d=e", "k": ""])
    metadata.cacheControl = "max-age=60, public"
    metadata.contentDisposition = "attachment; filename=\"x y.txt\""
    metadata.contentEncoding = "gzip"
    metadata.contentLanguage = "de, en"
    metadata.websiteRedirect = "/elsewhere?x=1"
    metadata.storageClass = "STANDARD_IA"
    _ = try await world.put("page", [1, 2, 3], metadata, in: bucket)
    #expect(try await bucket.entry(ObjectKey("page"))?.metadata == metadata)
    let told = try world.server.python(
      """
      s3 = client('s3'); h = s3.head_object(Bucket='rich-metadata', Key='page')
      t = s3.get_object_tagging(Bucket='rich-metadata', Key='page')['TagSet']
      print(h['ContentType'], h['CacheControl'], h['ContentDisposition'], h['ContentEncoding'],
            h['ContentLanguage'], h['StorageClass'], h['Metadata']['owner'],
            sorted((x['Key'], x['Value']) for x in t), sep='|')
      """)
    #expect(
      told == "text/html; charset=utf-8|max-age=60, public|attachment; filename=\"x y.txt\"|gzip"
        + "|de, en|STANDARD_IA|me|[('a b', 'c+d=e'), ('k', '')]\n")
    let reader = try #require(try await bucket.read(ObjectKey("page")) as? any DescribedReader)
    #expect(reader.entry.metadata == metadata)
  }

  @Test("a copy inside the service carries content, metadata, tags and class")
  func copiesInside() async throws {
    let world = try S3World()
    let (from, to) = (try world.bucket("s3://copy-from"), try world.bucket("s3://copy-to/sub"))
    try await from.create()
    try await to.create()
    var metadata = ObjectMetadata(contentType: "a/b", user: ["k": "v"], tags: ["t": "1"])
    metadata.storageClass = "STANDARD_IA"
    _ = try await world.put("dir/a+b c", S3World.bytes(1000), metadata, in: from)
    let listed = try #require(try await from.page(after: nil, limit: 10).elements.first)
    #expect(to.canCopy(from: from))
    let stored = try await to.copy(listed, from: from)
    let found = try #require(try await to.page(after: nil, limit: 10).elements.first)
    #expect(found.digest == stored.digest)
    #expect(found.digest == listed.digest)
    #expect(try await to.entry(found.key)?.metadata == metadata)
    #expect(try await to.isSameContent(found, as: listed, in: from) == true)
    let told = try world.server.python(
      "print(client('s3').get_object(Bucket='copy-to', Key='sub/dir/a+b c')['Body'].read().hex())")
    #expect(told.count == 2001)
  }

  @Test("large objects go and come in parts, and are copied in the same parts")
  func carriesParts() async throws {
    let world = try S3World()
    var limits = S3Limits.standard
    limits.partBytes = 5 << 20
    limits.copyBytesMax = 5 << 20
    let from = try world.bucket("s3://parts-from", limits: limits)
    let to = try world.bucket("s3://parts-to", limits: limits)
    try await from.create()
    try await to.create()
    let content = S3World.bytes((11 << 20) + 7)
    // What a killed process would have left is aborted by the next attempt.
    _ = try world.server.python(
      "client('s3').create_multipart_upload(Bucket='parts-from', Key='big')")
    let metadata = ObjectMetadata(contentType: "x/y", user: ["a": "b"], tags: ["t": "u"])
    _ = try await world.put("big", content, metadata, in: from)
    let listed = try #require(try await from.page(after: nil, limit: 10).elements.first)
    #expect(listed.digest?.hasSuffix("-3") == true)
    let stored = try await to.copy(listed, from: from)
    #expect(stored.digest == listed.digest)
    #expect(try await to.entry(ObjectKey("big"))?.metadata == metadata)
    #expect(try await S3World.content(to.read(ObjectKey("big"))) == content)
    let left = try world.server.python(
      """
      for b in 'parts-from', 'parts-to':
          print(len(client('s3').list_multipart_uploads(Bucket=b).get('Uploads', [])))
      """)
    #expect(left == "0\n0\n")
  }

  @Test("a failed upload in parts leaves nothing behind")
  func abortsUploads() async throws {
    let world = try S3World()
    var limits = S3Limits.standard
    limits.partBytes = 5 << 20
    let bucket = try world.bucket("s3://parts-failed", limits: limits)
    try await bucket.create()
    let trouble = Failure.transient("the source broke off", hint: "")
    await #expect(throws: trouble) {
      try await bucket.write(
        S3World.entry("big", 12 << 20),
        from: BytesReader([S3World.bytes(6 << 20)], failure: trouble))
    }
    let left = try world.server.python(
      """
      s3 = client('s3')
      print(len(s3.list_multipart_uploads(Bucket='parts-failed').get('Uploads', [])),
            s3.list_objects_v2(Bucket='parts-failed')['KeyCount'])
      """)
    #expect(left == "0 0\n")
  }

  @Test("emptying deletes all versions, markers and uploads, page after page")
  func emptiesVersions() async throws {
    let world = try S3World()
    var limits = S3Limits.standard
    limits.versionsPage = 7
    let bucket = try world.bucket("s3://many-versions", limits: limits)
    try await bucket.create()
    _ = try world.server.python(
      """
      s3 = client('s3'); b = 'many-versions'
      s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={'Status': 'Enabled'})
      for i in range(20):
          s3.put_object(Bucket=b, Key='k%d' % (i % 6), Body=b'%d' % i)
      s3.delete_object(Bucket=b, Key='k1'); s3.delete_object(Bucket=b, Key='k2')
      s3.create_multipart_upload(Bucket=b, Key='upload')
      """)
    #expect(try await bucket.countVersions(atMost: 1000) == 22)
    await #expect(throws: Failure.self) { try await bucket.remove() }
    var deleted = 0
    while true {
      let page = try await bucket.emptyPage()
      deleted += page.deleted
      if page.isEmpty { break }
    }
    #expect(deleted == 23)
    try await bucket.remove()
    #expect(try await bucket.description() == nil)
    #expect(try await bucket.emptyPage().isEmpty)
  }

  @Test("cuts found by asking divide the keys into parts of about one size")
  func cutsRanges() async throws {
    let keys = (0..<1000).map { number in
      ObjectKey("data/obj-" + String(repeating: "0", count: 4 - "\(number)".count) + "\(number)")
    }
    let probe = S3RangeProbe(prefix: Array("data/".utf8)) { after throws(Failure) in
      keys.first { key in after.map { $0 < key } ?? true }
    }
    let cuts = try await probe.cuts(into: 8)
    #expect(cuts.count == 7)
    var low = 0
    for cut in cuts + [ObjectKey("data/~")] {
      let high = keys.firstIndex { cut < $0 } ?? keys.count
      #expect((40...300).contains(high - low))
      low = high
    }
  }
}
