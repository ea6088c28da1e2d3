import Foundation
import Glibc
import Harness
import Resources
import Testing

@testable import Local

@Suite(.waiting) struct DirectoryBucketTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bucket(_ name: String = "b", _ query: String = "") throws -> DirectoryBucket {
    try DirectoryBucket(ResourceURL("dir://\(folder.file(name))\(query)"))
  }

  private func made(_ name: String = "b", _ query: String = "") async throws -> DirectoryBucket {
    let bucket = try bucket(name, query)
    try await bucket.create()
    return bucket
  }

  private func put(_ key: String, _ text: String, in name: String = "b") throws {
    let file = URL(fileURLWithPath: folder.file("\(name)/\(key)"))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func keys(_ bucket: DirectoryBucket) async throws -> [String] {
    try await bucket.page(after: nil, limit: 1000).elements.map(\.key.text)
  }

  private func write(
    _ key: String, _ text: String, _ metadata: ObjectMetadata = .init(), to bucket: DirectoryBucket
  ) async throws {
    let entry = ObjectEntry(
      key: ObjectKey(key), size: Int64(text.utf8.count),
      modified: Timestamp(milliseconds: 1_234_567),
      metadata: metadata)
    _ = try await bucket.write(entry, from: BytesReader([Array(text.utf8)]))
  }

  @Test("a folder keeps the laws of a bucket")
  func laws() async throws {
    let url = "dir://\(folder.file("laws"))"
    try await BucketStoreLaws { try DirectoryBucket(ResourceURL(url)) }.check()
    #expect(!FileManager.default.fileExists(atPath: folder.file("laws")))
  }

  @Test(
    "keys that a path would change or leave the folder by are refused",
    arguments: [
      "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "./a", "a/.", "a\0b",
      ".cutover", ".cutover/metadata/x",
    ])
  func badKeys(key: String) async throws {
    let bucket = try await made()
    await #expect { try await write(key, "x", to: bucket) } throws: {
      ($0 as? Failure)?.kind == .refused
    }
    await #expect(throws: Failure.self) { try await bucket.read(ObjectKey(key)) }
    await #expect(throws: Failure.self) { try await bucket.delete([ObjectKey(key)]) }
  }

  @Test("a name too long for the file system is refused clearly and leaves nothing behind")
  func longNames() async throws {
    let bucket = try await made()
    await #expect { try await write(String(repeating: "n", count: 300), "x", to: bucket) } throws: {
      "\($0)".contains("File name too long")
    }
    let left = try FileManager.default.contentsOfDirectory(
      atPath: folder.file("b/.cutover/temporary"))
    #expect(left.isEmpty)
  }

  @Test("an object and a folder of the same name are refused, whichever comes first")
  func collisions() async throws {
    let bucket = try await made()
    try await write("a", "object", to: bucket)
    await #expect { try await write("a/b", "x", to: bucket) } throws: {
      "\($0)".contains("cannot hold 'a/b' beside")
    }
    try await write("c/d", "object", to: bucket)
    await #expect { try await write("c", "x", to: bucket) } throws: {
      "\($0)".contains("cannot hold 'c' beside")
    }
    #expect(try await keys(bucket) == ["a", "c/d"])
    // Once the object is gone, its folder is no longer in the way.
    _ = try await bucket.delete([ObjectKey("c/d")])
    try await write("c", "x", to: bucket)
    #expect(try await keys(bucket) == ["a", "c"])
  }

  @Test("an empty folder that somebody left gives way to an object")
  func emptyFolder() async throws {
    let bucket = try await made()
    try FileManager.default.createDirectory(
      atPath: folder.file("b/x"), withIntermediateDirectories: true)
    try await write("x", "object", to: bucket)
    #expect(try await keys(bucket) == ["x"])
  }

  @Test("symbolic links are refused, followed or skipped, as the URL says")
  func links() async throws {
    let bucket = try await made()
    try put("real", "content")
    try put("outside", "secret", in: "o")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.file("b/link"), withDestinationPath: "real")
    await #expect { try await keys(bucket) } throws: {
      "\($0)".contains("'link' is or stands behind")
    }
    await #expect(throws: Failure.self) { try await bucket.read(ObjectKey("link")) }
    #expect(try await keys(self.bucket("b", "?symlinks=follow")) == ["link", "real"])
    #expect(try await keys(self.bucket("b", "?symlinks=skip")) == ["real"])
    // A link that leads out of the folder is followed by nobody.
    try manager.createSymbolicLink(
      atPath: folder.file("b/out"), withDestinationPath: folder.file("o"))
    for query in ["", "?symlinks=follow"] {
      await #expect(throws: Failure.self) {
        try await self.bucket("b", query).read(ObjectKey("out/outside"))
      }
      await #expect(throws: Failure.self) {
        try await write("out/new", "x", to: self.bucket("b", query))
      }
    }
    #expect(try manager.contentsOfDirectory(atPath: folder.file("o")) == ["outside"])
    #expect(throws: Failure.self) { try self.bucket("b", "?symlinks=maybe") }
  }

  @Test("a pipe in the folder is named, and nobody waits for it")
  func pipes() async throws {
    let bucket = try await made()
    #expect(mkfifo(folder.file("b/pipe"), 0o600) == 0)
    await #expect { try await keys(bucket) } throws: { "\($0)".contains("no ordinary file") }
    await #expect(throws: Failure.self) { try await bucket.read(ObjectKey("pipe")) }
  }

  @Test("an object that is replaced or changed while it is read is noticed", arguments: [0, 1])
  func changedMeanwhile(way: Int) async throws {
    let bucket = try await made()
    let text = String(repeating: "x", count: 3 << 20)
    try await write("a", text, to: bucket)
    let reader = try await bucket.read(ObjectKey("a"))
    _ = try await reader.next()
    if way == 0 {
      try await write("a", text + "y", to: bucket)
    } else {
      let handle = try #require(FileHandle(forWritingAtPath: folder.file("b/a")))
      try handle.write(contentsOf: Data("changed".utf8))
      try handle.close()
    }
    await #expect {
      while try await reader.next() != nil {}
    } throws: {
      ($0 as? Failure)?.isTransient == true
    }
  }

  @Test("metadata outlives any copy of the folder, and belongs to its own content")
  func metadata() async throws {
    let bucket = try await made()
    let metadata = ObjectMetadata(contentType: "image/png", user: ["owner": "ä"])
    try await write("a/b", "one", metadata, to: bucket)
    let copy = try Tool.run(["rsync", "-a", folder.file("b") + "/", folder.file("c")])
    #expect(copy.status == 0)
    #expect(try await self.bucket("c").entry(ObjectKey("a/b"))?.metadata == metadata)
    #expect(
      try await self.bucket("c").page(after: nil, limit: 9).elements.map(\.metadata) == [metadata])

    // As after a crash between writing the new metadata and replacing the content.
    let opened = try #require(try bucket.opened())
    let file = try #require(try MetadataFile.read(ObjectKey("a/b"), in: opened))
    var both = file
    both.versions.insert(.init(size: 99, modifiedMilliseconds: 5, metadata: .init()), at: 0)
    let path = folder.file("b/\(MetadataFile.path(of: ObjectKey("a/b")))")
    try Data(both.encoded()).write(to: URL(fileURLWithPath: path))
    #expect(try await bucket.entry(ObjectKey("a/b"))?.metadata == metadata)

    try Data("{".utf8).write(to: URL(fileURLWithPath: path))
    await #expect { try await bucket.entry(ObjectKey("a/b")) } throws: {
      "\($0)".contains("damaged")
    }
  }

  @Test("files that a dead process was writing are removed, those of a living one are kept")
  func leftovers() async throws {
    let bucket = try await made()
    try await write("a", "x", to: bucket)
    let temporary = folder.file("b/.cutover/temporary")
    let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let dead = "\(boot).\(Int32.max).7.1.1"
    let other = "another-boot.1.7.1.1"
    for name in [dead, other] {
      try Data().write(to: URL(fileURLWithPath: "\(temporary)/\(name)"))
    }
    try await write("b", "x", to: self.bucket())
    let left = try FileManager.default.contentsOfDirectory(atPath: temporary)
    #expect(left == [other])
  }

  @Test("a copy inside the kernel carries content, time and metadata")
  func serverSide() async throws {
    let from = try await made("from")
    let to = try await made("to")
    let text = String(repeating: "long content ", count: 200_000)
    try await write("a/b", text, ObjectMetadata(contentType: "t/x"), to: from)
    #expect(to.canCopy(from: from))
    let entry = try await #require(from.entry(ObjectKey("a/b")))
    let stored = try await to.copy(entry, from: from)
    #expect(stored == entry)
    #expect(try await to.entry(ObjectKey("a/b")) == entry)
    #expect(try await to.sha256(of: ObjectKey("a/b")) == from.sha256(of: ObjectKey("a/b")))
    let sum = try Tool.run(["sha256sum", folder.file("to/a/b")]).text
    #expect(try await to.sha256(of: ObjectKey("a/b")) == sum.prefix(64))
    try await to.flush()
    await #expect(throws: Failure.self) {
      try await to.copy(
        ObjectEntry(key: ObjectKey("none"), size: 0, modified: entry.modified), from: from)
    }
  }

  @Test("a folder that is full or may not be written fails clearly")
  func unwritable() async throws {
    let bucket = try bucket("none")
    await #expect { try await write("a", "x", to: bucket) } throws: {
      "\($0)".contains("no such folder")
    }
    await #expect(throws: Failure.self) { try await self.bucket("none/deeper").create() }
    let proc = try DirectoryBucket(ResourceURL("dir:///proc/self"))
    await #expect(throws: Failure.self) { try await write("a", "x", to: proc) }
    try put("file", "x")
    await #expect(throws: Failure.self) { try await self.bucket("b/file").description() }
  }

  @Test("many writers side by side store every object")
  func concurrent() async throws {
    let bucket = try await made()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          try await write("f\(number % 7)/g\(number % 3)/\(number)", "\(number)", to: bucket)
        }
      }
      try await group.waitForAll()
    }
    try await bucket.flush()
    #expect(try await keys(bucket).count == 200)
    let description = try await bucket.description()
    #expect(description?.objectCount == 200 && description?.byteCount == 490)
  }
}
