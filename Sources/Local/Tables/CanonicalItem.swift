import JSON

/// Compares whole items by what they mean.
enum CanonicalItem {
  /// The same attributes with the same values, whatever their order, escapes and white space.
  static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    if left == right { return true }
    guard let one = try? ItemForm.canonical(left), let other = try? ItemForm.canonical(right) else {
      return false
    }
    return one == other
  }
}
