import Digests
import JSON
import Resources

/// What tables held at a moment, as the output of `tables.fingerprint` and for `tables.copy`.
struct TableBaseline {
  let sum: DigestSum

  /// Finds one table in the text of an output: `{"dynamodb://…":"3:04ab…"}`.
  init(_ text: String, of url: ResourceURL) throws(Failure) {
    guard let value = try? JSONValue(reading: Array(text.utf8)), value.members != nil else {
      throw .permanent(
        "'baseline' is not what tables.fingerprint gives",
        hint: "Write \"${steps.ID.outputs.fingerprint}\" of such a step.")
    }
    guard let sum = value[url.text]?.string.flatMap({ DigestSum($0) }) else {
      throw .permanent(
        "the baseline says nothing of \(url)",
        hint: "Name the table in the step tables.fingerprint, by the same URL.")
    }
    self.sum = sum
  }

  static func text(_ sums: [(ResourceURL, DigestSum)]) -> String {
    JSONValue.object(sums.map { .init($0.0.text, .string($0.1.description)) }).text
  }
}
