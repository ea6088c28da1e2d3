/// The type of a DNS record.
package struct DNSType: RawRepresentable, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let a = DNSType(rawValue: 1)
  package static let ns = DNSType(rawValue: 2)
  package static let cname = DNSType(rawValue: 5)
  package static let soa = DNSType(rawValue: 6)
  package static let ptr = DNSType(rawValue: 12)
  package static let hinfo = DNSType(rawValue: 13)
  package static let mx = DNSType(rawValue: 15)
  package static let txt = DNSType(rawValue: 16)
  package static let rp = DNSType(rawValue: 17)
  package static let afsdb = DNSType(rawValue: 18)
  package static let aaaa = DNSType(rawValue: 28)
  package static let srv = DNSType(rawValue: 33)
  package static let naptr = DNSType(rawValue: 35)
  package static let kx = DNSType(rawValue: 36)
  package static let dname = DNSType(rawValue: 39)
  package static let opt = DNSType(rawValue: 41)
  package static let ds = DNSType(rawValue: 43)
  package static let sshfp = DNSType(rawValue: 44)
  package static let rrsig = DNSType(rawValue: 46)
  package static let nsec = DNSType(rawValue: 47)
  package static let nsec3 = DNSType(rawValue: 50)
  package static let tlsa = DNSType(rawValue: 52)
  package static let smimea = DNSType(rawValue: 53)
  package static let https = DNSType(rawValue: 65)
  package static let spf = DNSType(rawValue: 99)
  package static let tsig = DNSType(rawValue: 250)
  package static let axfr = DNSType(rawValue: 252)
  package static let any = DNSType(rawValue: 255)
  package static let uri = DNSType(rawValue: 256)
  package static let caa = DNSType(rawValue: 257)

  /// Those that RFC 4034 and RFC 2181 let stand beside a CNAME.
  package var mayStandBesideCNAME: Bool { self == .rrsig || self == .nsec || self == .cname }

  /// Every type of data that a zone can hold and that has a mnemonic, by number.
  package static let known = mnemonics.map { DNSType(rawValue: $0.1) }.filter { !$0.isMeta }

  /// Whether the number stands for a question or a message's own records, never for zone data.
  package var isMeta: Bool { rawValue == 41 || (128...255).contains(rawValue) || rawValue == 0 }

  /// Whether the fields of the data are known, so that its text form can be read and written.
  package var hasText: Bool { DNSField.layout(of: self) != nil }

  /// Every mnemonic that a zone file of today may hold; the data of most is left as it is.
  private static let mnemonics: [(String, UInt16)] = [
    ("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("NULL", 10), ("WKS", 11), ("PTR", 12),
    ("HINFO", 13), ("MINFO", 14), ("MX", 15), ("TXT", 16), ("RP", 17), ("AFSDB", 18), ("X25", 19),
    ("ISDN", 20), ("RT", 21), ("NSAP", 22), ("SIG", 24), ("KEY", 25), ("PX", 26), ("GPOS", 27),
    ("AAAA", 28), ("LOC", 29), ("SRV", 33), ("NAPTR", 35), ("KX", 36), ("CERT", 37),
    ("DNAME", 39), ("APL", 42), ("DS", 43), ("SSHFP", 44), ("IPSECKEY", 45), ("RRSIG", 46),
    ("NSEC", 47), ("DNSKEY", 48), ("DHCID", 49), ("NSEC3", 50), ("NSEC3PARAM", 51), ("TLSA", 52),
    ("SMIMEA", 53), ("HIP", 55), ("CDS", 59), ("CDNSKEY", 60), ("OPENPGPKEY", 61), ("CSYNC", 62),
    ("ZONEMD", 63), ("SVCB", 64), ("HTTPS", 65), ("SPF", 99), ("NID", 104), ("L32", 105),
    ("L64", 106), ("LP", 107), ("EUI48", 108), ("EUI64", 109), ("AXFR", 252), ("ANY", 255),
    ("URI", 256), ("CAA", 257), ("AVC", 258), ("AMTRELAY", 260),
  ]

  private static let byMnemonic = Dictionary(
    uniqueKeysWithValues: mnemonics.map { (Array($0.0.utf8), DNSType(rawValue: $0.1)) })
  private static let byNumber = Dictionary(uniqueKeysWithValues: mnemonics.map { ($0.1, $0.0) })
}

extension DNSType: CustomStringConvertible {
  /// Reads a mnemonic in either case, or `TYPE123` (RFC 3597).
  package init?(_ text: some Collection<UInt8>) {
    let capitals = text.map { (97...122).contains($0) ? $0 & 0xdf : $0 }
    if let known = Self.byMnemonic[capitals] {
      self = known
      return
    }
    let digits = capitals.dropFirst(4)
    guard capitals.starts(with: "TYPE".utf8), (1...5).contains(digits.count),
      digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = UInt16(String(decoding: digits, as: UTF8.self))
    else { return nil }
    self.init(rawValue: number)
  }

  package init?(_ text: String) { self.init(text.utf8) }

  package var description: String { Self.byNumber[rawValue] ?? "TYPE\(rawValue)" }
}
