/// The table of the services that `aws.call` reaches, a row each.
///
/// Columns: name; endpoint prefix (`-` is the name); signing name (`-` is the endpoint prefix);
/// protocol with its version and target prefix; `global`, or `home:REGION` for a service that has
/// one region for a whole partition. Where a service speaks several protocols the oldest stands
/// here. Source: the `metadata` of the models in botocore; a test compares the two.
enum ServiceRows {
  static let all = aToH + "\n" + iToZ

  /// The columns of the one row with this name; nil for a name that is not in the table.
  static func columns(of name: String) -> [Substring]? {
    let wanted = name.utf8
    for row in all.utf8.split(separator: UInt8(ascii: "\n")) where row.starts(with: wanted) {
      let columns = Substring(row).split(separator: " ")
      if columns[0].utf8.elementsEqual(wanted) { return columns }
    }
    return nil
  }

  static var names: [String] {
    all.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
  }
}
