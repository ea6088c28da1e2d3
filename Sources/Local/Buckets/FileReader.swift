import Glibc
import Resources
import Synchronization

/// Reads one object of a folder, and notices when it changes meanwhile.
final class FileReader: ObjectReader {
  static let pieceBytes = 1 << 20

  private let file: OpenFile
  private let path: ObjectPath
  private let folder: BucketFolder
  private let blocking: Blocking
  private let begun: FileVersion
  /// The piece that was read with the opening, or that nothing follows any more.
  private let state: Mutex<State>

  private enum State {
    case ready([UInt8], isLast: Bool)
    case reading
    case ended
  }

  /// Opens the object and reads its first piece; blocks.
  init(
    _ file: OpenFile, _ path: ObjectPath, in folder: BucketFolder, _ blocking: Blocking
  ) throws(Failure) {
    self.file = file
    self.path = path
    self.folder = folder
    self.blocking = blocking
    begun = FileVersion(file.status())
    let (piece, isLast) = try Self.piece(file, path, folder, begun)
    state = Mutex(.ready(piece, isLast: isLast))
  }

  func next() async throws(Failure) -> [UInt8]? {
    let state = state.withLock { state in
      defer {
        switch state {
        case .ready(_, let isLast): state = isLast ? .ended : .reading
        case .reading, .ended: break
        }
      }
      return state
    }
    switch state {
    case .ended: return nil
    case .ready(let piece, let isLast): return piece.isEmpty && isLast ? nil : piece
    case .reading:
      let (file, path, folder, begun) = (file, path, folder, begun)
      let (piece, isLast) = try await blocking.run { () throws(Failure) in
        try Self.piece(file, path, folder, begun)
      }
      if isLast { self.state.withLock { $0 = .ended } }
      return piece.isEmpty ? nil : piece
    }
  }

  /// One piece, and whether it ends the object as it was when it was opened.
  private static func piece(
    _ file: OpenFile, _ path: ObjectPath, _ folder: BucketFolder, _ begun: FileVersion
  ) throws(Failure) -> (bytes: [UInt8], isLast: Bool) {
    let want = min(pieceBytes, max(1, Int(begun.size) + 1))
    let bytes = try file.read(want, "\(folder.url): '\(path.key.text)'")
    let now = try folder.status(path).map { FileVersion($0) }
    guard FileVersion(file.status()) == begun, now == begun else {
      throw .transient(
        "\(folder.url): '\(path.key.text)' was changed while it was read",
        hint: "It is read again; stop what writes to the bucket if this goes on.")
    }
    return (bytes, bytes.count < want)
  }
}

/// What tells one state of a file from another.
struct FileVersion: Equatable, Sendable {
  let device: UInt64
  let number: UInt64
  let size: Int64
  let modifiedNanoseconds: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modifiedNanoseconds =
      Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  var modified: Timestamp {
    let (quotient, remainder) = modifiedNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return Timestamp(milliseconds: remainder < 0 ? quotient - 1 : quotient)
  }
}
