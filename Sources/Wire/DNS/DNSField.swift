/// One field of a record's data.
///
/// A record type is a list of such fields; reading, writing, comparing and both directions of the
/// text form follow the list, so that a type is added by one line in ``layout(of:)``.
enum DNSField {
  case name
  case number8
  case number16
  case number32
  /// A number of seconds, which a zone file may write as `1h30m`.
  case seconds
  case address4
  case address6
  /// One string of at most 255 bytes after its length.
  case string
  /// One string or more.
  case strings
  /// All that is left, as one quoted text.
  case text
  /// All that is left, as hexadecimal digits.
  case hex

  /// The fields of a type; nil for types whose data is opaque (RFC 3597).
  static func layout(of type: DNSType) -> [DNSField]? { layouts[type] }

  private static let layouts: [DNSType: [DNSField]] = [
    .a: [.address4],
    .aaaa: [.address6],
    .ns: [.name],
    .cname: [.name],
    .dname: [.name],
    .ptr: [.name],
    .soa: [.name, .name, .number32, .seconds, .seconds, .seconds, .seconds],
    .mx: [.number16, .name],
    .txt: [.strings],
    .spf: [.strings],
    .srv: [.number16, .number16, .number16, .name],
    .caa: [.number8, .string, .text],
    .ds: [.number16, .number8, .number8, .hex],
    .sshfp: [.number8, .number8, .hex],
    .tlsa: [.number8, .number8, .number8, .hex],
    .smimea: [.number8, .number8, .number8, .hex],
    .hinfo: [.string, .string],
    .rp: [.name, .name],
    .afsdb: [.number16, .name],
    .kx: [.number16, .name],
    .naptr: [.number16, .number16, .string, .string, .string, .name],
    .uri: [.number16, .number16, .text],
  ]
}
