import Glibc

extension Failure {
  /// What a failed system call means for a person; `what` says what was tried on which resource.
  package static func system(_ code: Int32, _ what: String) -> Failure {
    let summary = "\(what): \(String(cString: strerror(code)))"
    switch code {
    case ENOSPC, EDQUOT:
      return .permanent(summary, hint: "Free some space there, then 'cutover retry'.")
    case EACCES, EPERM, EROFS:
      return .refused(summary, hint: "Give this user the right to do it, then 'cutover retry'.")
    case ENOENT, ENOTDIR:
      return .permanent(summary, hint: "Check the path; something on it is missing.")
    case EMFILE, ENFILE, ENOMEM, EAGAIN, EBUSY, EINTR, ESTALE, ETIMEDOUT:
      return .transient(summary, hint: "Tried again by itself.")
    case _:
      return .permanent(summary, hint: "Check the disk and the path, then 'cutover retry'.")
    }
  }
}
