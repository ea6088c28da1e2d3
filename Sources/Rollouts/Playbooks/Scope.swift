import JSON
import Resources

/// What references mean at one place of a playbook, for one direction of the rollout.
struct Scope {
  /// What became of a reference.
  enum Meaning {
    case value(JSONValue)
    /// Known only when an earlier step has run.
    case later
    case nothing(String)
  }

  /// What became of a whole text.
  enum Outcome {
    case value(JSONValue)
    /// It depends on an output; the rest of the text with `output` in the gaps, if it is text.
    case later(JSONValue?)
    case nothing(String)
  }

  var environment = ""
  var parameters: [UTF8Key: JSONValue] = [:]
  var colours: [Colour: [UTF8Key: JSONValue]] = [:]
  var from: Colour?
  /// The colour that `${color.x}` stands for; nil outside the `live` section.
  var color: Colour?
  var outputs: (String, String) -> String? = { _, _ in nil }
  /// Where relative paths begin; nil for a playbook that is in no file.
  var folder: String?
  /// What stands for outputs that are not known yet, within values that would do; nil for nothing.
  var standIn: String?

  /// What another program says must not reach into this one's secrets.
  private static let secretMark = "${secret:"

  func meaning(of reference: Reference) -> Meaning {
    switch reference {
    case .parameter(let name):
      parameters[UTF8Key(name)].map { .value($0) } ?? .nothing("there is no parameter '\(name)'")
    case .environment: .value(.string(environment))
    case .from(let key): meaning(of: key, in: from, reference)
    case .to(let key): meaning(of: key, in: from?.other, reference)
    case .color(let key): meaning(of: key, in: color, reference)
    case .output(let step, let name): meaning(ofOutput: name, of: step)
    case .secret(let text): .value(.string(text))
    }
  }

  private func meaning(ofOutput name: String, of step: String) -> Meaning {
    guard let text = outputs(step, name) else { return .later }
    if text.contains(Self.secretMark) {
      return .nothing("the output '\(name)' of step '\(step)' asks for a secret, which it may not")
    }
    return .value(.string(text))
  }

  private func meaning(of key: String?, in colour: Colour?, _ reference: Reference) -> Meaning {
    guard let colour else { return .nothing("\(reference.text) has no meaning here") }
    guard let key else { return .value(.string(colour.rawValue)) }
    guard let value = colours[colour]?[UTF8Key(key)] else {
      return .nothing("the colour \(colour.rawValue) has no value '\(key)'")
    }
    return .value(value)
  }

  /// A lone reference keeps the type of its value; in a longer text it is spliced in as text.
  func evaluate(_ template: Template) -> Outcome {
    if template.isLoneReference, let reference = template.references.first?.reference {
      return switch meaning(of: reference) {
      case .value(let value): .value(value)
      case .later: .later(nil)
      case .nothing(let why): .nothing(why)
      }
    }
    var text = ""
    var isLater = false
    for part in template.parts {
      switch part {
      case .text(let plain): text += plain
      case .reference(let reference, _):
        switch meaning(of: reference) {
        case .nothing(let why): return .nothing(why)
        case .later:
          isLater = true
          text += standIn ?? "output"
        case .value(let value):
          guard let spliced = value.splicedText else {
            return .nothing(
              "\(reference.text) is \(value.noun), which cannot stand in the middle of a text")
          }
          text += spliced
        }
      }
    }
    return isLater ? .later(.string(text)) : .value(.string(text))
  }
}

extension JSONValue {
  /// How the value reads inside a longer text; nil for what has no such form.
  var splicedText: String? {
    switch self {
    case .string(let text): text
    case .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object: nil
    }
  }
}
