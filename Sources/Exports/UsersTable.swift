import JSON
package import Resources

/// The users of a directory as a table, to be read only.
///
/// Each item has `name`, its key, `id` (what the directory itself calls the user), `attributes`, a
/// map of texts, `enabled`, and `status` where the directory has one. Groups and second factors,
/// which take a request for each user, are not in it.
package struct UsersTable: TableStore {
  package let url: ResourceURL
  private let directory: any UserDirectory

  package init(_ url: ResourceURL, _ directory: any UserDirectory) {
    self.url = url
    self.directory = directory
  }

  private static let keyName = "name"

  package func description() async throws(Failure) -> TableDescription? {
    guard let users = try await directory.description() else { return nil }
    return TableDescription(
      keys: [.init(name: Self.keyName, type: "S", isRequired: true)], itemCount: users.userCount)
  }

  package func key(of item: Item) async throws(Failure) -> ItemKey {
    if let key = try? ItemForm.part([Array(Self.keyName.utf8)], of: item.bytes) {
      return ItemKey(bytes: key)
    }
    throw .permanent("\(url): an item lacks the user's name", hint: "Report this bug.")
  }

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    let page = try await directory.outline(after: position, limit: limit)
    var items: [Item] = []
    for user in page.elements { items.append(try item(of: user)) }
    return Page(items, next: page.next)
  }

  package func items(for keys: [ItemKey]) async throws(Failure) -> [Item?] {
    let names = keys.map { key in
      (try? JSONValue(reading: key.bytes))?[Self.keyName]?["S"]?.string ?? ""
    }
    var items: [Item?] = []
    for user in try await directory.users(named: names) {
      items.append(try user.map { (user) throws(Failure) in try item(of: user) })
    }
    return items
  }

  private func item(of user: User) throws(Failure) -> Item {
    func text(_ text: String) -> JSONValue { ["S": .string(text)] }
    let attributes = user.attributes.map { JSONValue.Member($0.key, text($0.value)) }
    var value: JSONValue = [
      "name": text(user.name), "id": text(user.id ?? user.name),
      "attributes": ["M": .object(attributes)], "enabled": ["BOOL": .bool(user.isEnabled)],
    ]
    if let status = user.status { value["status"] = text(status) }
    do throws(JSONScanner.Malformed) {
      return Item(bytes: try ItemForm.canonical(value.compact()), isCanonical: true)
    } catch {
      throw .permanent("\(url): the user \(user.name) is no item", hint: "Report this bug.")
    }
  }

  package func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome {
    throw readOnly()
  }

  package func create(like description: TableDescription) async throws(Failure) {
    throw readOnly()
  }

  package func clear() async throws(Failure) { throw readOnly() }

  package func delete() async throws(Failure) { throw readOnly() }

  private func readOnly() -> Failure {
    .refused(
      "\(url) shows users as a table, which is only read",
      hint: "Add users with 'users.copy'; name a table to write to here.")
  }
}

/// The providers of users as tables.
package enum UsersTables {
  /// For each kind of directory, one that shows its users as the items of a table.
  package static func over(_ directories: [Provider]) -> [Provider] {
    directories.compactMap { directory in
      guard case .users(let open) = directory.opener else { return nil }
      let inner = directory.scheme
      let prefix = "users+"
      return Provider(
        scheme: prefix + inner,
        summary: "The users of \(inner):// as a table, to be read only.",
        example: prefix + directory.example, parameters: directory.parameters,
        open: .table { (url, context) throws(Failure) in
          let own = try ResourceURL(String(url.text.dropFirst(prefix.count)))
          return UsersTable(url, try open(own, context))
        },
        permissions: { (url, use) throws(Failure) in
          switch use {
          case .look, .read:
            try directory.permissions(
              try ResourceURL(String(url.text.dropFirst(prefix.count))), use)
          case .write, .create, .destroy: []
          }
        })
    }
  }
}
