/// A pattern of file names: `*` stands for any bytes, `?` for one character, all else for itself.
struct NamePattern: Sendable {
  private let pattern: [Character]

  init(_ text: String) { pattern = Array(text) }

  func matches(_ name: String) -> Bool {
    let name = Array(name)
    var (at, place) = (0, 0)
    // Where to go on when the last star has to take one character more.
    var star: (at: Int, place: Int)?
    while place < name.count {
      if at < pattern.count, pattern[at] == "*" {
        star = (at + 1, place)
        at += 1
      } else if at < pattern.count, pattern[at] == "?" || pattern[at] == name[place] {
        at += 1
        place += 1
      } else if let last = star {
        star = (last.at, last.place + 1)
        (at, place) = (last.at, last.place + 1)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == "*" }
  }
}
