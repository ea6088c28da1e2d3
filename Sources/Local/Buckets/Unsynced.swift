internal import CLinux
import Glibc
import Resources
import Synchronization

/// What was changed in a bucket and is not yet known to be on the disk.
final class Unsynced: Sendable {
  /// From these numbers on it is cheaper to have the whole file system written.
  private static let foldersMax = 64
  private static let filesMax = 16

  private let state = Mutex(State())

  private struct State {
    var folders: Set<[CChar]> = []
    var files: [OpenFile] = []
    /// A former process may have written and died before it flushed; only a sync of the whole
    /// file system covers what is not known.
    var needsAll = true

    mutating func limit() {
      guard folders.count > Unsynced.foldersMax || files.count > Unsynced.filesMax else { return }
      self = State(needsAll: true)
    }
  }

  /// Remembers a folder that got or lost an entry.
  func insert(_ folder: [CChar]) {
    state.withLock { state in
      if state.needsAll { return }
      state.folders.insert(folder)
      state.limit()
    }
  }

  /// Remembers a file that was written and not synchronised.
  func insert(_ file: OpenFile) {
    state.withLock { state in
      if state.needsAll { return }
      state.files.append(file)
      state.limit()
    }
  }

  /// Makes sure of everything up to now; blocks.
  func sync(_ bucket: BucketFolder) throws(Failure) {
    let taken = state.withLock { state in
      defer { state = State(needsAll: false) }
      return state
    }
    do throws(Failure) {
      try sync(taken, bucket)
    } catch {
      state.withLock { $0 = State(needsAll: true) }
      throw error
    }
  }

  private func sync(_ taken: State, _ bucket: BucketFolder) throws(Failure) {
    let what = "\(bucket.url) cannot be made sure of"
    if taken.needsAll {
      guard clinux_sync_file_system(bucket.file.number) == 0 else { throw .system(errno, what) }
      return
    }
    for file in taken.files { try file.sync(what) }
    for folder in taken.folders {
      let number = bucket.open(folder, O_RDONLY | O_DIRECTORY)
      // One that was removed again is covered by the folder above, which is in the set as well.
      guard number >= 0 else { continue }
      try OpenFile(taking: number).sync(what)
    }
  }
}
