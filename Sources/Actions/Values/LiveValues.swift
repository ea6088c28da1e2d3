package import Resources
package import Rollouts

/// What a store of values and the environments of functions say about which colour is live.
///
/// Both are named by the playbook's `live` section. Nothing here throws but a request to stop: that
/// something cannot be told is an answer of its own.
package struct LiveValues: Sendable {
  package enum Saying: Sendable, Hashable {
    case colour(Colour)
    /// It is right for both colours, and so says nothing.
    case either
    /// It was seen, and is right for neither colour.
    case neither(String)
    case cannotTell(Failure)
  }

  package struct Source: Sendable, Hashable {
    /// How messages name it.
    package let title: String
    package let saying: Saying
    /// The key of the store on which the sign depends; nil for none.
    package let key: String?
    /// What the key would have to hold for the source to say a colour.
    package let wanted: [Colour: String]
  }

  package let sources: [Source]

  private let live: LiveIndicator
  private let site: Site

  /// Asks afresh; throws only when asked to stop.
  package static func look(
    _ live: LiveIndicator, in site: Site
  ) async throws(Failure) -> LiveValues {
    var sources: [Source] = []
    let asking = LiveValues(sources: [], live: live, site: site)
    if let store = live.store { sources.append(try await asking.look(at: store)) }
    for index in live.blue.functions.indices where live.green.functions.indices.contains(index) {
      sources.append(
        try await asking.look(at: live.blue.functions[index], live.green.functions[index]))
    }
    return LiveValues(sources: sources, live: live, site: site)
  }

  /// What is wrong with taking a colour for the live one, a line for each source that objects.
  package func objections(to colour: Colour) -> [String] {
    sources.compactMap { source in
      switch source.saying {
      case .colour(colour), .either: nil
      case .colour(let other): "\(source.title) says \(other.rawValue)"
      case .neither(let seen): "\(source.title) says neither colour: \(seen)"
      case .cannotTell(let failure): "\(source.title) cannot be asked: \(failure.summary)"
      }
    }
  }

  /// Which source cannot be asked, and why; nil when all can.
  var silence: String? {
    sources.lazy.compactMap { source in
      guard case .cannotTell(let failure) = source.saying else { return nil }
      return "\(source.title): \(failure.summary)"
    }.first
  }

  /// Why a colour may be live after all, where it should not be: all that is not surely the other.
  func doubts(that colour: Colour) -> [String] {
    objections(to: colour.other)
  }

  // MARK: The store

  private func look(at store: LiveIndicator.Store) async throws(Failure) -> Source {
    let words = Dictionary(
      uniqueKeysWithValues: Colour.allCases.map { ($0, live.sign(of: $0).word) })
    func source(_ saying: Saying) -> Source {
      Source(title: "'\(store.key)' of \(store.url)", saying: saying, key: store.key, wanted: words)
    }
    do throws(Failure) {
      switch try await site.values(store.url).value(of: store.key, as: .word) {
      case .malformed(let what): return source(.neither(what))
      case .absent:
        return source(store.absent.map { .colour($0) } ?? .neither("it is not there"))
      case .value(let value):
        let fitting = Colour.allCases.filter {
          live.sign(of: $0).word.utf8.elementsEqual(value.text.utf8)
        }
        return source(
          fitting.count == 1 ? .colour(fitting[0]) : .neither("it is \(value)"))
      }
    } catch {
      if error.kind == .cancelled { throw error }
      return source(.cannotTell(error))
    }
  }

  // MARK: Functions

  private func look(
    at blue: LiveIndicator.FunctionSign, _ green: LiveIndicator.FunctionSign
  ) async throws(Failure) -> Source {
    let names = blue.title == green.title ? blue.title : "\(blue.title), or \(green.title)"
    let isOne = blue.title == green.title
    do throws(Failure) {
      let stored = try await stored(blue.key)
      let found = try await [Colour.blue: read(blue), .green: isOne ? read(blue) : read(green)]
      var fitting: [Colour] = []
      var wanted: [Colour: String] = [:]
      for (colour, sign) in [(Colour.blue, blue), (.green, green)] {
        guard case .value(let value)? = found[colour] else { continue }
        let text = stored.map { sign.filled($0) } ?? sign.value
        if sign.key == nil || stored != nil, value.utf8.elementsEqual(text.utf8) {
          fitting.append(colour)
        }
        if sign.key != nil { wanted[colour] = sign.filler(of: value) }
      }
      let saying: Saying =
        switch fitting.count {
        case 1: .colour(fitting[0])
        case 2: .either
        default: .neither(shown(isOne ? [.blue] : Colour.allCases, found, blue.key, stored))
        }
      return Source(title: names, saying: saying, key: blue.key, wanted: wanted)
    } catch {
      if error.kind == .cancelled { throw error }
      return Source(title: names, saying: .cannotTell(error), key: blue.key, wanted: [:])
    }
  }

  private func read(
    _ sign: LiveIndicator.FunctionSign
  ) async throws(Failure) -> FunctionVariable.Reading {
    let account = CloudAccount(
      region: sign.place.region, profile: sign.place.profile, role: sign.place.role)
    return try await FunctionVariable(
      function: sign.function, region: sign.place.region, variable: sign.variable
    ).reading(account, in: site)
  }

  /// What the store holds under the key that a sign depends on; nil for none, or none there.
  private func stored(_ key: String?) async throws(Failure) -> String? {
    guard let key, let store = live.store else { return nil }
    switch try await site.values(store.url).value(of: key, as: .word) {
    case .value(let value): return value.text
    case .absent: return nil
    case .malformed(let what):
      throw .permanent("'\(key)' of \(store.url) holds \(what)", hint: "Put it right by hand.")
    }
  }

  private func shown(
    _ colours: [Colour], _ found: [Colour: FunctionVariable.Reading], _ key: String?,
    _ stored: String?
  ) -> String {
    let readings = colours.map { colour in
      switch found[colour] {
      case .value(let value): "'\(value)'"
      case .noVariable: "not set"
      case .noFunction, nil: "no such function"
      }
    }
    let held = key.map { ", where '\($0)' is \(stored.map { "'\($0)'" } ?? "not there")" } ?? ""
    return readings.joined(separator: " and ") + held
  }
}
