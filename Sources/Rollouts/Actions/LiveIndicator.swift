package import Resources

/// How to tell from the outside which colour is live: by a record, a store of values, or both.
package struct LiveIndicator: Sendable, Hashable, Codable {
  /// What one colour looks like when it is live.
  package struct Sign: Sendable, Hashable, Codable {
    /// What the record holds; empty where none is looked at.
    package var value: String
    package var stack: ResourceURL?
    /// What the store of values holds; empty where none is looked at.
    package var word: String
    /// The same functions, in the same order, for both colours.
    package var functions: [FunctionSign]

    package init(
      value: String, stack: ResourceURL?, word: String = "", functions: [FunctionSign] = []
    ) {
      self.value = value
      self.stack = stack
      self.word = word
      self.functions = functions
    }
  }

  /// The record that is pointed to the live colour.
  package struct Record: Sendable, Hashable, Codable {
    package var zone: ResourceURL
    package var name: String
    package var type: String

    package init(zone: ResourceURL, name: String, type: String) {
      self.zone = zone
      self.name = name
      self.type = type
    }
  }

  /// The value that names the live colour.
  package struct Store: Sendable, Hashable, Codable {
    package var url: ResourceURL
    package var key: String
    /// The colour that is live where there surely is no such value.
    package var absent: Colour?

    package init(url: ResourceURL, key: String, absent: Colour? = nil) {
      self.url = url
      self.key = key
      self.absent = absent
    }
  }

  package var record: Record?
  package var store: Store?
  package var blue: Sign
  package var green: Sign

  package init(record: Record?, store: Store?, blue: Sign, green: Sign) {
    self.record = record
    self.store = store
    self.blue = blue
    self.green = green
  }

  package init(zone: ResourceURL, name: String, type: String, blue: Sign, green: Sign) {
    self.init(
      record: Record(zone: zone, name: name, type: type), store: nil, blue: blue, green: green)
  }

  /// The name of the record; empty where none is looked at.
  package var recordName: String { record?.name ?? "" }

  package func sign(of colour: Colour) -> Sign {
    switch colour {
    case .blue: blue
    case .green: green
    }
  }
}

extension LiveIndicator {
  /// What a variable of a function says when a colour is live.
  package struct FunctionSign: Sendable, Hashable, Codable {
    package var function: String
    package var place: CloudPlace
    package var variable: String
    /// With `{value}` where the store's value under `key` is to stand.
    package var value: String
    package var key: String?

    package init(
      function: String, place: CloudPlace, variable: String, value: String, key: String? = nil
    ) {
      self.function = function
      self.place = place
      self.variable = variable
      self.value = value
      self.key = key
    }

    private static let mark = "{value}"

    /// How messages name it.
    package var title: String {
      "\(variable) of the function \(function)" + (place.region.map { " in \($0)" } ?? "")
    }

    /// The call that looks at it.
    package var use: CloudUse {
      let name =
        function.hasPrefix("arn:") ? function : place.name("lambda", "function:\(function)")
      return CloudUse("lambda", "GetFunctionConfiguration", at: place, on: name)
    }

    package func filled(_ stored: String) -> String { value.replacing(Self.mark, with: stored) }

    /// What the store would have to hold for the variable to be as it was found; nil if nothing
    /// could.
    package func filler(of found: String) -> String? {
      let parts = value.split(separator: Self.mark, omittingEmptySubsequences: false)
      guard parts.count == 2, found.hasPrefix(parts[0]) else { return nil }
      let rest = found.dropFirst(parts[0].count)
      guard rest.hasSuffix(parts[1]), rest.count > parts[1].count else { return nil }
      return String(rest.dropLast(parts[1].count))
    }
  }
}
