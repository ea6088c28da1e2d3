import Resources
import Rollouts

/// What `dns.point` is told: a name and where it should point.
package struct DNSPointInput: Decodable, Sendable {
  struct Records: Decodable, Sendable {
    var type: String
    var values: [String]
  }

  var zone: ResourceURL
  var name: String
  var cname: String?
  var a: [String]?
  var aaaa: [String]?
  var records: [Records]?
  var ttl: Int?
  var lowerTTL: Int?
  var resolvers: [String]?
  var confirmWithin: PlaybookDuration?

  /// The longest TTL that RFC 2181 allows is 68 years; more than a week is a slip.
  static let secondsMax = 604_800

  static let fields: [InputField] = [
    .required(
      "zone", .resource(.zone), "The zone that holds the name.",
      uses: [.look, .read, .write]),
    .required("name", .string, "The full name to point, such as www.example.org."),
    .optional("cname", .string, "The host name to point to; nothing else may be given then."),
    .optional("a", .list(.string), "IPv4 addresses to point to."),
    .optional("aaaa", .list(.string), "IPv6 addresses to point to."),
    .optional(
      "records",
      .list(
        .object([
          .required("type", .string, "The record type, such as TXT."),
          .required("values", .list(.string), "Values as in a zone file."),
        ])), "Records of other types, instead of cname, a and aaaa."),
    .optional(
      "ttl", .integer(1...secondsMax),
      "Seconds that the new records may be cached; by default as before, or 300."),
    .optional(
      "lowerTTL", .integer(1...secondsMax),
      "Seconds that records may be cached during the change; by default 60, or less if less."),
    .optional(
      "resolvers", .list(.string),
      "Caching name servers that must give the new answer too, such as 127.0.0.1:53."),
    .optional(
      "confirmWithin", .duration,
      "How long servers may take to give the new answer; caches get the TTL that they state.",
      default: "10m"),
  ]

  /// The records wanted at `name`, whose TTL is `seconds`.
  func wanted(at name: String, seconds: Int, step: String) throws(Failure) -> [RecordSet] {
    var sets: [(type: String, values: [String])] = []
    if let cname { sets.append(("CNAME", [cname])) }
    if let a { sets.append(("A", a)) }
    if let aaaa { sets.append(("AAAA", aaaa)) }
    for set in records ?? [] { sets.append((set.type.uppercased(), set.values)) }
    let isOneKind =
      (cname == nil || sets.count == 1) && (records == nil || records?.count == sets.count)
    guard isOneKind, !sets.isEmpty, sets.allSatisfy({ !$0.values.isEmpty }),
      Set(sets.map(\.type)).count == sets.count
    else {
      throw .permanent(
        "step \(step) must say once where \(name) points",
        hint: "Give one of 'cname', 'a' and/or 'aaaa', or 'records' with each type once.")
    }
    if sets.count > 1 || sets[0].values.count > 1, sets.contains(where: { $0.type == "CNAME" }) {
      throw .permanent(
        "step \(step) wants something beside a CNAME at \(name)",
        hint: "A CNAME has one value and stands alone.")
    }
    for (type, values) in sets where type == "A" || type == "AAAA" {
      for value in values where !DNSText.isAddress(value, type: type) {
        throw .permanent(
          "step \(step): '\(value)' is not an \(type) address", hint: "Mend the playbook.")
      }
    }
    return sets.map { type, values in
      RecordSet(
        name: name, type: type, ttlSeconds: seconds, values: DNSText.values(values, type: type))
    }
  }
}
