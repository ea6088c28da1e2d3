import Glibc

/// Why a process could not be started, watched or found.
///
/// A process that ran and failed is not among these: how it ended is part of its outcome.
package struct SubprocessFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// There is no such program, or no such folder to run it in.
    case notFound
    /// The program may not be run, or the process may not be touched.
    case denied
    /// The machine ran out of something: processes, descriptors, memory.
    case exhausted
    /// The process that was meant has ended; its number may belong to another one now.
    case gone
    /// It cannot be told.
    case unknown
  }

  package let kind: Kind
  package let description: String

  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// What a C call's error number means here.
  init(_ code: Int32, _ context: String) {
    kind =
      switch code {
      case ENOENT, ENOTDIR: .notFound
      case EACCES, EPERM, ENOEXEC: .denied
      case EAGAIN, ENOMEM, EMFILE, ENFILE: .exhausted
      case ESRCH: .gone
      case _: .unknown
      }
    description = "\(context): \(String(cString: strerror(code)))"
  }
}
