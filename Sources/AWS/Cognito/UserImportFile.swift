import Resources

/// Users in the form that an import job of Cognito reads.
///
/// Source: "Creating the user import CSV file" in Cognito's developer guide: values stand without
/// quotation marks, a comma in a value has a backslash before it, and no value has a line break.
struct UserImportFile {
  private static let bytesMax = 100 << 20
  private static let rowCharactersMax = 16_000
  private static let nameColumn = "cognito:username"
  private static let factorColumn = "cognito:mfa_enabled"

  /// As the pool itself gives them; every one must be there.
  let columns: [String]

  /// Why a job would leave the user out; nil if it would not.
  func obstacle(to user: User) -> String? {
    if let missing = user.attributes.keys.sorted().first(where: { !columns.contains($0) }) {
      return "the import file has no column '\(missing)'"
    }
    let values = columns.map { value($0, of: user) }
    if values.contains(where: { $0.contains(where: \.isNewline) }) {
      return "a value has a line break, which the import file cannot carry"
    }
    let isReachable = ["email", "phone_number"].contains { name in
      user.attributes["\(name)_verified"] == "true" && user.attributes[name]?.isEmpty == false
    }
    if !isReachable { return "no verified address, without which an import takes nobody" }
    return row(user).utf8.count > Self.rowCharactersMax ? "too long for an import file" : nil
  }

  func bytes(_ users: [User]) throws(Failure) -> [UInt8] {
    var bytes = Array((columns.joined(separator: ",") + "\n").utf8)
    for user in users { bytes += Array((row(user) + "\n").utf8) }
    guard bytes.count <= Self.bytesMax else {
      throw .permanent(
        "\(users.count) users make an import file of \(bytes.count >> 20) MiB",
        hint: "Take a smaller 'batch'.")
    }
    return bytes
  }

  private func row(_ user: User) -> String {
    columns.map { value($0, of: user).replacing(",", with: "\\,") }.joined(separator: ",")
  }

  private func value(_ column: String, of user: User) -> String {
    switch column {
    case Self.nameColumn: user.name
    case Self.factorColumn: user.factors?.methods.contains(.sms) == true ? "true" : "false"
    case "email_verified", "phone_number_verified": user.attributes[column] ?? "false"
    case _: user.attributes[column] ?? ""
    }
  }
}
