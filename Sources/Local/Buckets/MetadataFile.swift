import Digests
internal import Foundation
import Glibc
import Resources

/// What a bucket keeps beside the content of an object, in a file of its own.
///
/// The file stands in `.cutover/metadata`, under the SHA-256 of the key, so that any copy of the
/// folder carries it. Content and metadata cannot be replaced in one step, so the file says for
/// which content each of its entries is: it is written with the old and the new one before the
/// content is replaced. An object without metadata has no such file.
struct MetadataFile: Codable, Equatable {
  struct Version: Codable, Equatable {
    var size: Int64
    var modifiedMilliseconds: Int64
    var metadata: ObjectMetadata
  }

  static let folder = ".cutover/metadata"
  /// More than any store lets an object have.
  static let bytesMax = 1 << 20

  /// For people who look into the folder.
  var key: ObjectKey
  /// The newest first.
  var versions: [Version]

  static func path(of key: ObjectKey) -> String {
    "\(folder)/\(Digest.hex(Digest.sha256(key.bytes)))"
  }

  /// The metadata of the content that is there; of the newest version if the file was changed by
  /// somebody who knows nothing of metadata.
  func metadata(for version: FileVersion) -> ObjectMetadata {
    let found = versions.first {
      $0.size == version.size && $0.modifiedMilliseconds == version.modified.milliseconds
    }
    return (found ?? versions.first)?.metadata ?? ObjectMetadata()
  }

  static func read(
    _ key: ObjectKey, in folder: BucketFolder
  ) throws(Failure) -> MetadataFile? {
    let path = path(of: key).utf8CString.map { $0 }
    let number = folder.open(path, O_RDONLY)
    guard number >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system(errno, "\(folder.url): the metadata of '\(key.text)'")
    }
    let file = OpenFile(taking: number)
    let bytes = try file.read(bytesMax, "\(folder.url): the metadata of '\(key.text)'")
    guard let read = try? JSONDecoder().decode(MetadataFile.self, from: Data(bytes)),
      read.key == key
    else {
      throw .permanent(
        "\(folder.url): the metadata of '\(key.text)' is damaged",
        hint: "Restore or remove '\(self.path(of: key))' below the bucket's folder.")
    }
    return read
  }

  func encoded() throws(Failure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(self))
    } catch {
      throw .permanent("the metadata of '\(key.text)' cannot be written: \(error)", hint: "")
    }
  }
}
