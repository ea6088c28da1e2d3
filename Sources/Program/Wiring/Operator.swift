internal import Glibc
internal import Rollouts

/// Who sits at the keyboard.
enum Operator {
  /// The login name; behind `sudo`, that of the person who called it.
  static func loginName(environment: [String: String]) -> String {
    if getuid() == 0, let name = environment["SUDO_USER"], !name.isEmpty { return name }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    let status = getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found)
    guard status == 0, let found, let name = found.pointee.pw_name else { return "uid-\(getuid())" }
    return String(cString: name)
  }
}
