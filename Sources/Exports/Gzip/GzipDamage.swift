/// Why compressed bytes are not what they should be.
enum GzipDamage: Error, Equatable {
  /// More bytes are needed than there are; not yet a fault while more may come.
  case short
  case wrong(String)

  var text: String {
    switch self {
    case .short: "its compressed data break off"
    case .wrong(let what): "its compressed data are damaged: \(what)"
    }
  }
}
