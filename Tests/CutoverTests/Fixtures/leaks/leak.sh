# Prints what it was given, in every way that comes to mind, and says that it failed.
cat > /dev/null
say() {
  echo "$TOKEN"
  printf %s "$TOKEN" | base64 -w0; echo
  printf 'user:%s' "$TOKEN" | base64 -w0; echo
  printf 'me:%s' "$TOKEN" | base64 -w0; echo
  printf 'him:%s' "$TOKEN" | base64 -w0; echo
  python3 -c 'import json, os; t = os.environ["TOKEN"]; print(json.dumps(t)); print(json.dumps(t, ensure_ascii=False).replace("/", "\\/"))'
  python3 -c 'import os, urllib.parse as u; t = os.environ["TOKEN"]; print(u.quote(t, safe="")); print(u.quote(t)); print(u.quote_plus(t)); print("".join(c if c.isalnum() and c.isascii() else "".join(f"%{b:02x}" for b in c.encode()) for c in t))'
  python3 -c 'import html, os; print(html.escape(os.environ["TOKEN"]))'
  echo "$KEY" | sed 's/^/line: /'
  printf '%s\xcc\x81 and more\n' "$TOKEN"
}
