import JSON
import Resources

/// Takes a step's outputs out of an answer.
enum CloudOutputs {
  private static let bytesMax = 8 << 10

  static func read(
    _ paths: [String: String]?, of answer: JSONValue, _ title: String
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
      guard !text.contains(CloudTemplate.secretMark) else {
        throw .refused(
          "\(title): the output \(name) asks for a secret, which it may not",
          hint: "Take something else.")
      }
      outputs[name] = text
    }
    return outputs
  }
}
