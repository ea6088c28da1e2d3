internal import Glibc

/// What a file descriptor can show: colours, redrawing, marks beyond ASCII.
struct Screen: Sendable, Equatable {
  var isTerminal: Bool
  var isColoured: Bool
  /// Whether lines can be drawn again in place.
  var canRedraw: Bool
  var hasUnicode: Bool

  /// Neither colours nor redrawing; for pipes and files.
  static let plain = Screen(
    isTerminal: false, isColoured: false, canRedraw: false, hasUnicode: true)

  init(isTerminal: Bool, isColoured: Bool, canRedraw: Bool, hasUnicode: Bool) {
    self.isTerminal = isTerminal
    self.isColoured = isColoured
    self.canRedraw = canRedraw
    self.hasUnicode = hasUnicode
  }

  /// `NO_COLOR` (https://no-color.org) and dumb terminals are respected.
  init(descriptor: Int32, environment: [String: String]) {
    let kind = environment["TERM"] ?? ""
    let isCapable = isatty(descriptor) == 1 && !kind.isEmpty && kind != "dumb"
    isTerminal = isatty(descriptor) == 1
    isColoured = isCapable && (environment["NO_COLOR"] ?? "").isEmpty
    canRedraw = isCapable
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
    // Without a word about it, a pipe or a modern terminal is taken to be UTF-8.
    hasUnicode = locale.map(Self.isUnicode) ?? true
  }

  private static func isUnicode(_ locale: String) -> Bool {
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8") || name.contains("utf-8@")
  }

  /// A size that a terminal would have if it told none.
  private static let standardSize = (columns: 80, rows: 24)

  /// The terminal's size now; asked anew each time, since a window may be resized.
  static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return standardSize
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
