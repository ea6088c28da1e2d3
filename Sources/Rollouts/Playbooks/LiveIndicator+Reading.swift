import JSON
import Resources

extension LiveIndicator {
  /// Reads the `live` section as it is for each of the colours.
  init(blue: JSONValue, green: JSONValue) throws(Failure) {
    var record: Record?
    if let zone = blue["zone"]?.string, let name = blue["name"]?.string {
      record = Record(
        zone: try ResourceURL(zone), name: name, type: blue["type"]?.string ?? "CNAME")
    }
    var store: Store?
    if let values = blue["values"]?.string, let key = blue["key"]?.string {
      store = Store(
        url: try ResourceURL(values), key: key,
        absent: blue["absent"]?.string.flatMap { Colour(rawValue: $0) })
    }
    guard record != nil || store != nil else {
      throw .permanent("the section 'live' is incomplete", hint: "Run 'cutover check'.")
    }
    self.init(
      record: record, store: store,
      blue: try Self.sign(.blue, blue, hasRecord: record != nil),
      green: try Self.sign(.green, green, hasRecord: record != nil))
  }

  private static func sign(
    _ colour: Colour, _ live: JSONValue, hasRecord: Bool
  ) throws(Failure) -> Sign {
    var stack: ResourceURL?
    if let text = live["stack"]?.string { stack = try ResourceURL(text) }
    let value = live["value"]?.string
    // Without a record there is but one thing that 'value' can mean.
    let word = live["holds"]?.string ?? (hasRecord ? nil : value) ?? colour.rawValue
    return Sign(
      value: hasRecord ? value ?? "" : "", stack: stack, word: word,
      functions: (live["functions"]?.elements ?? []).map { function in
        FunctionSign(
          function: function["function"]?.string ?? "",
          place: CloudPlace(
            region: function["region"]?.string, profile: function["profile"]?.string,
            role: function["role"]?.string),
          variable: function["variable"]?.string ?? "", value: function["value"]?.string ?? "",
          key: function["key"]?.string)
      })
  }
}
