import JSON
import Resources

/// Takes a step's outputs out of an answer.
enum CloudOutputs {
  private static let bytesMax = 8 << 10

  static func read(
    _ paths: [String: String]?, of answer: JSONValue, _ title: String, _ secrets: Secrets
  ) throws(Failure) -> [String: String] {
    var outputs: [String: String] = [:]
    for (name, path) in paths ?? [:] {
      guard let value = JSONPath(path)?.value(in: answer) else {
        throw .permanent(
          "\(title): there is nothing at \(path) in the answer", hint: "Mend the output \(name).")
      }
      let text = CommandOutputs.text(value)
      guard text.utf8.count <= bytesMax else {
        throw .permanent("\(title): the output \(name) is too long", hint: "Take less of it.")
      }
      try check(text, "the output \(name)", title, secrets)
      outputs[name] = text
    }
    return outputs
  }

  /// Refuses what may not stand in the journal: a secret, or what would become one when it is used.
  static func check(
    _ text: String, _ what: String, _ title: String, _ secrets: Secrets
  ) throws(Failure) {
    if text.contains(CloudTemplate.secretMark) {
      throw .refused(
        "\(title): \(what) asks for a secret, which it may not", hint: "Take something else.")
    }
    if !secrets.redact(text).utf8.elementsEqual(text.utf8) {
      throw .refused(
        "\(title): \(what) holds a secret, which the journal may not keep",
        hint: "Take something else.")
    }
  }
}
