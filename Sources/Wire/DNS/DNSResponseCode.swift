/// How a server answered, by RFC 1035, 2136, 6895 and 8945.
package struct DNSResponseCode: RawRepresentable, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let noError = DNSResponseCode(rawValue: 0)
  package static let formatError = DNSResponseCode(rawValue: 1)
  package static let serverFailure = DNSResponseCode(rawValue: 2)
  package static let noSuchName = DNSResponseCode(rawValue: 3)
  package static let notImplemented = DNSResponseCode(rawValue: 4)
  package static let refused = DNSResponseCode(rawValue: 5)
  package static let nameExists = DNSResponseCode(rawValue: 6)
  package static let setExists = DNSResponseCode(rawValue: 7)
  package static let noSuchSet = DNSResponseCode(rawValue: 8)
  package static let notAuthoritative = DNSResponseCode(rawValue: 9)
  package static let notInZone = DNSResponseCode(rawValue: 10)
  package static let badSignature = DNSResponseCode(rawValue: 16)
  package static let badKey = DNSResponseCode(rawValue: 17)
  package static let badTime = DNSResponseCode(rawValue: 18)
}

extension DNSResponseCode: CustomStringConvertible {
  private static let names = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI",
  ]
  private static let extendedNames = ["BADSIG", "BADKEY", "BADTIME"]

  /// The mnemonic that other tools print.
  package var description: String {
    if rawValue < Self.names.count { return Self.names[Int(rawValue)] }
    if (16..<19).contains(rawValue) { return Self.extendedNames[Int(rawValue) - 16] }
    return "RCODE\(rawValue)"
  }
}
