/// The lines at the bottom of a terminal that are drawn again in place.
///
/// A value, so that what it does to a terminal can be tested without one. It remembers how wide
/// each line was, because a window that became narrower has wrapped them since.
struct LiveArea: Sendable {
  private var widths: [Int] = []
  private var drawn = ""
  private var columns = 0

  /// Text that takes the old lines away, writes `above` for good, and draws `live` below; empty
  /// when the screen shows just that already.
  mutating func frame(
    above: [Line], live: [Line], size: (columns: Int, rows: Int), palette: Palette
  ) -> String {
    let shown = fitted(live, size, palette)
    let text = shown.map { palette.render($0) + "\n" }.joined()
    if above.isEmpty, text == drawn, size.columns == columns { return "" }
    let former = erase(columns: size.columns)
    widths = shown.map(\.width)
    drawn = text
    columns = size.columns
    return former + above.map { palette.render($0) + "\n" }.joined() + text
  }

  private func erase(columns: Int) -> String {
    let rows = widths.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
    // Up to the first of our rows, then clear to the end of the screen.
    return rows == 0 ? "" : "\u{1B}[\(rows)A\r\u{1B}[J"
  }

  /// No line may wrap and no line may scroll, or the next frame would not find the first one.
  private func fitted(
    _ lines: [Line], _ size: (columns: Int, rows: Int), _ palette: Palette
  ) -> [Line] {
    let rowsMax = max(1, size.rows - 2)
    var shown = lines
    if lines.count > rowsMax {
      let left = lines.count - rowsMax + 1
      shown = lines.prefix(rowsMax - 1) + [Line("  and \(left) more", .faint)]
    }
    return shown.map { $0.cut(to: max(1, size.columns - 1), ellipsis: palette.ellipsis) }
  }
}
