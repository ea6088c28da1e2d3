internal import CLinux
import Glibc
import Resources
import Synchronization

/// Folders whose entries were changed and are not yet known to be on the disk.
final class UnsyncedFolders: Sendable {
  /// From this number on it is cheaper to have the whole file system written.
  private static let foldersMax = 1_000

  private let state = Mutex(State())

  private struct State {
    var folders: Set<[CChar]> = []
    /// A former process may have renamed files and died before it flushed; only a sync of the
    /// whole file system covers what is not known.
    var needsAll = true
  }

  func insert(_ folder: [CChar]) {
    state.withLock { state in
      if state.needsAll { return }
      state.folders.insert(folder)
      if state.folders.count > Self.foldersMax {
        state.needsAll = true
        state.folders = []
      }
    }
  }

  /// Makes sure of everything up to now; blocks.
  func sync(_ bucket: BucketFolder) throws(Failure) {
    let taken = state.withLock { state in
      defer { state = State(folders: [], needsAll: false) }
      return state
    }
    do throws(Failure) {
      if taken.needsAll {
        guard clinux_sync_file_system(bucket.file.number) == 0 else {
          throw .system(errno, "\(bucket.url) cannot be made sure of")
        }
        return
      }
      for folder in taken.folders {
        let number = bucket.open(folder, O_RDONLY | O_DIRECTORY)
        // One that was removed again is covered by the folder above, which is in the set as well.
        guard number >= 0 else { continue }
        try OpenFile(taking: number).sync("\(bucket.url) cannot be made sure of")
      }
    } catch {
      state.withLock { $0.needsAll = true }
      throw error
    }
  }
}
