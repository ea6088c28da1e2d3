import Foundation
import Harness

/// A small file system of one test's own; making one takes root's rights.
final class MountedFolder {
  static let isPossible = geteuid() == 0 && (try? MountedFolder(kilobytes: 64)) != nil

  let folder: TemporaryFolder
  var path: String { folder.path }

  init(kilobytes: Int) throws {
    folder = try TemporaryFolder()
    let output = try Tool.run([
      "mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k,mode=0700", "tmpfs", folder.path,
    ])
    guard output.status == 0 else { throw HarnessError(output.errorText) }
  }

  deinit { _ = try? Tool.run(["umount", "-l", folder.path]) }

  func makeReadOnly() throws {
    let output = try Tool.run(["mount", "-o", "remount,ro", folder.path])
    guard output.status == 0 else { throw HarnessError(output.errorText) }
  }

  func makeWritable() throws {
    let output = try Tool.run(["mount", "-o", "remount,rw", folder.path])
    guard output.status == 0 else { throw HarnessError(output.errorText) }
  }
}
