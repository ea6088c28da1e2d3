import Glibc

/// The names in one folder, sorted as parts of keys, in little memory.
///
/// A folder sorts as if its name ended with a slash, so that walking the tree gives keys in byte
/// order.
struct NameList {
  /// One byte of kind before each name.
  private var bytes: [UInt8] = []
  private var starts: [Int] = []
  private var order: [Int32] = []

  enum Kind: UInt8 {
    case file
    case folder
    case link
    case other
  }

  var count: Int { order.count }

  mutating func append(_ name: UnsafeBufferPointer<CChar>, _ kind: Kind) {
    order.append(Int32(starts.count))
    starts.append(bytes.count)
    bytes.append(kind.rawValue)
    for byte in name { bytes.append(UInt8(bitPattern: byte)) }
    if kind == .folder { bytes.append(UInt8(ascii: "/")) }
  }

  func kind(_ index: Int) -> Kind { Kind(rawValue: bytes[starts[Int(order[index])]]) ?? .other }

  /// The name as it sorts: a folder's with its slash.
  func name(_ index: Int) -> ArraySlice<UInt8> { range(Int(order[index])).map { bytes[$0] } ?? [] }

  mutating func sort() {
    let lists = (bytes, starts)
    order.sort { Self.precedes(Int($0), Int($1), lists.0, lists.1) }
  }

  /// The first place whose name is not before `name`.
  func firstIndex(notBefore name: ArraySlice<UInt8>) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self.name(middle).lexicographicallyPrecedes(name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  private func range(_ entry: Int) -> Range<Int>? {
    Self.range(entry, starts, bytes.count)
  }

  private static func range(_ entry: Int, _ starts: [Int], _ count: Int) -> Range<Int>? {
    (starts[entry] + 1)..<(entry + 1 < starts.count ? starts[entry + 1] : count)
  }

  private static func precedes(_ a: Int, _ b: Int, _ bytes: [UInt8], _ starts: [Int]) -> Bool {
    guard let left = range(a, starts, bytes.count), let right = range(b, starts, bytes.count) else {
      return false
    }
    return bytes.withUnsafeBytes { all in
      let common = min(left.count, right.count)
      let start = all.baseAddress
      guard let start else { return false }
      let order = memcmp(start + left.lowerBound, start + right.lowerBound, common)
      return order != 0 ? order < 0 : left.count < right.count
    }
  }
}
