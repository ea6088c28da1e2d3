internal import JSON
internal import Resources
internal import Rollouts

/// An action with its inputs, read off its descriptor.
struct ActionReport {
  let action: ActionDescriptor

  var lines: [Line] {
    var lines: [Line] = ["\(action.name, .strong)  \(action.summary)", undo]
    if !action.inputs.isEmpty { lines += [.empty, "Inputs (under 'with'):"] }
    lines += Self.table(action.inputs, indent: 2)
    if !action.outputs.isEmpty {
      lines += [.empty, "Outputs: \(action.outputs.joined(separator: ", "))"]
    }
    return lines.next("cutover schema")
  }

  private var undo: Line {
    switch action.reversal {
    case .exact: "\("Undo restores what was there.", .faint)"
    case .compensating(let text): "Undo: \(text)"
    case .none(let reason): "\("Cannot be undone", .warning): \(reason)"
    }
  }

  /// Objects show their own inputs below, no deeper than this.
  private static let depthMax = 4

  private static func table(_ fields: [InputField], indent: Int) -> [Line] {
    let width = fields.map { Width.of($0.name) }.max() ?? 0
    return fields.flatMap { field -> [Line] in
      let space = String(repeating: " ", count: indent)
      var head: Line = "\(space)"
      head += Line(field.name, field.isRequired ? .strong : .plain).padded(to: width)
      head += "  \(field.kind.words, .accent)"
      if field.isRequired { head += "\(", required", .warning)" }
      if let fallback = field.fallback { head += "\(", default \(fallback)", .faint)" }
      let help = String(repeating: " ", count: indent + width + 2)
      let below =
        indent / 2 < depthMax ? table(field.kind.inner, indent: indent + width + 2) : []
      return [head, "\(help)\(field.help, .faint)"] + below
    }
  }

  var json: JSONValue {
    [
      "name": .string(action.name), "summary": .string(action.summary),
      "reversible": .bool(action.reversal.isReversible),
      "inputs": .array(
        action.inputs.map { field in
          [
            "name": .string(field.name), "kind": .string(field.kind.words),
            "required": .bool(field.isRequired), "default": FactJSON.text(field.fallback),
            "help": .string(field.help),
          ]
        }),
      "outputs": .array(action.outputs.map { .string($0) }),
    ]
  }
}

extension InputField.Kind {
  /// The kind in words for a person.
  var words: String {
    switch self {
    case .string: "text"
    case .secretText: "text, may hold ${secret:…}"
    case .path: "path or URL"
    case .integer(let range): "number \(range.lowerBound) to \(range.upperBound)"
    case .boolean: "true or false"
    case .duration: "duration such as 90s"
    case .moment: "moment such as 2026-11-21T03:00:00Z"
    case .resource(let kind): "\(kind.rawValue) URL"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .list(let kind): "list of \(kind.words)"
    case .map(let kind): "names with \(kind.words)"
    case .object: "object"
    case .step: "id of a step"
    case .any: "any JSON"
    case .secretAny: "any JSON, may hold ${secret:…}"
    }
  }

  /// The fields of an object, or of the objects in a list or map.
  var inner: [InputField] {
    switch self {
    case .object(let fields): fields
    case .list(let kind), .map(let kind): kind.inner
    case .string, .secretText, .path, .integer, .boolean, .duration, .moment, .resource, .choice,
      .step, .any, .secretAny:
      []
    }
  }
}
