import Resources

/// How much a table holds, in the words of a plan.
enum TableVolume {
  static func text(_ description: TableDescription) -> String {
    if let items = description.itemCount {
      return "\(items) items" + (description.byteCount.map { ", \($0) bytes" } ?? "")
    }
    guard let items = description.roughItemCount else { return "of unknown size" }
    let bytes = description.roughByteCount.map { ", \($0) bytes" } ?? ""
    return "about \(items) items\(bytes), as last counted"
  }
}
