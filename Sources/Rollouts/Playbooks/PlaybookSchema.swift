package import JSON
package import Resources

/// The JSON Schema of playbooks for these actions and providers, as editors read it.
///
/// It says what one value may be; what needs several places at once (references, order, the one
/// promotion) only the reader can tell.
package func schema(of actions: ActionCatalog, _ resources: ResourceCatalog) -> JSONValue {
  PlaybookSchema(actions: actions, resources: resources).document
}

/// Draws the schema off the same tables that the reader checks against.
private struct PlaybookSchema {
  let actions: ActionCatalog
  let resources: ResourceCatalog

  private static let namePattern = "^[A-Za-z0-9_-]{1,\(PlaybookFields.nameLengthMax)}$"
  private static let durationPattern = "^([0-9]{1,12}(ms|s|m|h|d|w))+$"
  private static let momentPattern =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?"
    + "([Zz]|[+-][0-9]{2}:[0-9]{2})$"

  var document: JSONValue {
    let name: JSONValue = ["type": "string", "pattern": .string(Self.namePattern)]
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "A playbook of cutover",
      "type": "object",
      "required": ["playbook", "environment", "steps"],
      "additionalProperties": false,
      "properties": [
        "$schema": ["type": "string"],
        "playbook": described(
          ["const": JSONValue(PlaybookFields.version)], "The version of the format."),
        "environment": described(name, "The system that moves."),
        "description": described(["type": "string"], "What the playbook is for."),
        "parameters": parameters,
        "colors": colours,
        "live": live,
        "notify": notify,
        "defaults": described(
          object(PlaybookFields.behaviour, withReferences: false),
          "What holds for every step that does not say otherwise."),
        "conditions": [
          "type": "object",
          "description": "What steps' 'when' may name.",
          "propertyNames": name,
          "additionalProperties": [
            "anyOf": [
              ["type": "boolean"], ["$ref": "#/$defs/reference"],
              object(PlaybookFields.condition),
            ]
          ],
        ],
        "invariants": [
          "type": "object",
          "description": "What steps' 'holds' may name: actions that only look.",
          "propertyNames": name,
          "additionalProperties": naming(
            object(PlaybookFields.invariant, withReferences: false)),
        ],
        "steps": [
          "type": "array", "minItems": 1, "maxItems": JSONValue(PlaybookFields.stepsMax),
          "items": step,
        ],
      ],
      "$defs": [
        "reference": ["type": "string", "pattern": "\\$\\{[^}]+\\}"],
        "loneReference": ["type": "string", "pattern": "^\\$\\{[^}]+\\}$"],
      ],
    ]
  }

  // MARK: Sections

  private var parameters: JSONValue {
    [
      "type": "object",
      "description": "Values with names, for ${name}; null where one must be given.",
      "maxProperties": JSONValue(PlaybookFields.parametersMax),
      "propertyNames": [
        "pattern": .string(Self.namePattern),
        "not": ["enum": .array(Reference.reserved.map { .string($0) })],
      ],
    ]
  }

  private var colours: JSONValue {
    [
      "type": "object",
      "description": "What differs between the two stacks, for ${from.key} and ${to.key}.",
      "required": .array(Colour.allCases.map { .string($0.rawValue) }),
      "additionalProperties": false,
      "properties": .object(
        Colour.allCases.map { .init($0.rawValue, ["type": "object"]) }),
    ]
  }

  private var live: JSONValue {
    var live = described(
      object(PlaybookFields.live), "How the outside shows which colour is live.")
    live["anyOf"] = .array(
      [PlaybookFields.liveRecord, PlaybookFields.liveStore].map { names in
        ["required": .array(names.map { .string($0) })]
      })
    return live
  }

  private var notify: JSONValue {
    [
      "type": "array",
      "description": "Who is told what happens: SNS topics and webhooks.",
      "maxItems": JSONValue(PlaybookFields.channelsMax),
      "items": ["oneOf": [object(PlaybookFields.topic), object(PlaybookFields.webhook)]],
    ]
  }

  private var step: JSONValue {
    var step = object(PlaybookFields.step, withReferences: false)
    step["properties"]?["id"]?["pattern"] = .string(Self.namePattern)
    step = naming(step)
    step["allOf"] = .array(actions.actions.map { rule(of: $0) })
    return step
  }

  /// An object that names an action.
  private func naming(_ object: JSONValue) -> JSONValue {
    var object = object
    var properties = object["properties"] ?? [:]
    properties["uses"] = [
      "description": "The action.",
      "oneOf": .array(
        actions.actions.map { ["const": .string($0.name), "description": .string($0.summary)] }),
    ]
    properties["with"] = ["type": "object"]
    object["properties"] = properties
    return object
  }

  /// What `with` holds when `uses` names the action.
  private func rule(of action: ActionDescriptor) -> JSONValue {
    var then: JSONValue = ["properties": ["with": object(action.inputs)]]
    if action.inputs.contains(where: \.isRequired) { then["required"] = ["with"] }
    return [
      "if": ["properties": ["uses": ["const": .string(action.name)]], "required": ["uses"]],
      "then": then,
    ]
  }

  // MARK: Fields

  private func object(_ fields: [InputField], withReferences: Bool = true) -> JSONValue {
    var value: JSONValue = ["type": "object", "additionalProperties": false]
    value["properties"] = .object(
      fields.map { field in
        var property = schema(of: field.kind, withReferences)
        if let fallback = field.fallback {
          property["default"] = (try? JSONValue(parsing: fallback)) ?? .string(fallback)
        }
        return .init(field.name, described(property, field.help))
      })
    let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { value["required"] = .array(required) }
    return value
  }

  private func described(_ schema: JSONValue, _ help: String) -> JSONValue {
    var schema = schema
    schema["description"] = .string(help)
    return schema
  }

  private func schema(of kind: InputField.Kind, _ withReferences: Bool) -> JSONValue {
    switch kind {
    case .string, .secretText, .path: ["type": "string"]
    case .step: ["type": "string", "minLength": 1]
    case .any, .secretAny: .object([])
    case .integer(let range): either(integer(range), withReferences)
    case .boolean: either(["type": "boolean"], withReferences)
    case .duration:
      either(["type": "string", "pattern": .string(Self.durationPattern)], withReferences)
    case .moment:
      either(["type": "string", "pattern": .string(Self.momentPattern)], withReferences)
    case .resource(let kind): either(resource(kind), withReferences)
    case .choice(let names):
      either(["enum": .array(names.map { .string($0) })], withReferences)
    case .list(let kind):
      orLone(["type": "array", "items": schema(of: kind, withReferences)], withReferences)
    case .map(let kind):
      orLone(
        ["type": "object", "additionalProperties": schema(of: kind, withReferences)],
        withReferences)
    case .object(let fields):
      orLone(object(fields, withReferences: withReferences), withReferences)
    }
  }

  private func integer(_ range: ClosedRange<Int>) -> JSONValue {
    var schema: JSONValue = ["type": "integer"]
    if range.lowerBound != .min { schema["minimum"] = JSONValue(range.lowerBound) }
    if range.upperBound != .max { schema["maximum"] = JSONValue(range.upperBound) }
    return schema
  }

  private func resource(_ kind: ResourceKind) -> JSONValue {
    let providers = resources.providers.filter { $0.kind == kind }
    let schemes = providers.map { $0.scheme.replacing("+", with: "\\+") }.joined(separator: "|")
    return [
      "type": "string", "pattern": .string("^(\(schemes))://"),
      "examples": .array(providers.map { .string($0.example) }),
    ]
  }

  /// The value itself, or a text with references in it.
  private func either(_ schema: JSONValue, _ withReferences: Bool) -> JSONValue {
    withReferences ? ["anyOf": [schema, ["$ref": "#/$defs/reference"]]] : schema
  }

  /// The value itself, or one reference that stands for all of it.
  private func orLone(_ schema: JSONValue, _ withReferences: Bool) -> JSONValue {
    withReferences ? ["anyOf": [schema, ["$ref": "#/$defs/loneReference"]]] : schema
  }
}
