import Foundation
import Resources

/// A file that holds one token, read anew each time because somebody else renews it.
enum TokenFile {
  private static let bytesMax = 64 << 10

  static func read(_ path: String) throws(Failure) -> String {
    guard let data = FileManager.default.contents(atPath: path), data.count <= bytesMax,
      let text = String(validating: data, as: UTF8.self)
    else {
      throw .permanent(
        "the token file \(path) cannot be read",
        hint: "Look whether it is there and whether you may read it.")
    }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty, !token.contains(where: \.isNewline) else {
      throw .permanent("the token file \(path) does not hold one token", hint: "Renew it.")
    }
    return token
  }
}
