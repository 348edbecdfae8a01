"""Parses an RFC 5322 address like Go's `net/mail.ParseAddress`, with the same error messages."""

from __future__ import annotations

import ipaddress

from zitadel_grpc.validation._gotext import quoted, quoted_rune

_SPECIALS = frozenset('()<>[]:;@\\,"')


class MailboxError(ValueError):
    """The address is invalid; the message is Go's."""


def parse_mailbox(text: str) -> str:
    """Returns the address without its display name: `Gogh Fir <gf@example.com>` → `gf@example.com`.

    Raises:
        MailboxError: The text is not exactly one address.
    """
    parser = _Parser(text)
    addresses = parser.address(may_be_group=True)
    parser.skip_comments()
    if parser.rest:
        raise MailboxError(f"expected single address, got {quoted(parser.rest)}")
    if len(addresses) != 1:
        raise MailboxError("group with multiple addresses" if addresses else "empty group")
    return addresses[0]


class _Parser:
    def __init__(self, text: str) -> None:
        self.rest = text

    def address(self, *, may_be_group: bool) -> list[str]:
        self._skip_space()
        if not self.rest:
            raise MailboxError("no address")
        start = self.rest
        try:
            spec = self._addr_spec()
        except MailboxError:
            self.rest = start
        else:
            self._skip_space()
            if self._take("("):
                self._comment()
            return [spec]
        name = "" if self.rest.startswith("<") else self._phrase()
        self._skip_space()
        if may_be_group and self._take(":"):
            return self._group()
        if not self._take("<"):
            is_atom = all(_is_atext(character, dot=True) for character in name)
            raise MailboxError("missing '@' or angle-addr" if is_atom else "no angle-addr")
        spec = self._addr_spec()
        if not self._take(">"):
            raise MailboxError("unclosed angle-addr")
        return [spec]

    def skip_comments(self) -> None:
        self._skip_space()
        while self._take("("):
            self._comment()
            self._skip_space()

    def _group(self) -> list[str]:
        addresses: list[str] = []
        self._skip_space()
        while not self._take(";"):
            if addresses and not self._take(","):
                raise MailboxError("expected comma")
            self._skip_space()
            addresses += self.address(may_be_group=False)
            self.skip_comments()
        self.skip_comments()
        return addresses

    def _addr_spec(self) -> str:
        self._skip_space()
        if not self.rest:
            raise MailboxError("no addr-spec")
        local = self._quoted_local_part() if self.rest.startswith('"') else self._atom()
        if not self._take("@"):
            raise MailboxError("missing @ in addr-spec")
        self._skip_space()
        if not self.rest:
            raise MailboxError("no domain in addr-spec")
        domain = self._domain_literal() if self.rest.startswith("[") else self._atom()
        return f"{local}@{domain}"

    def _phrase(self) -> str:
        words: list[str] = []
        while True:
            if words:
                self.skip_comments()
            self._skip_space()
            if not self.rest:
                break
            try:
                word = self._quoted_string() if self.rest.startswith('"') else self._atom(permissive=True)
            except MailboxError as error:
                if not words:
                    raise MailboxError(f"missing word in phrase: mail: {error}") from None
                break
            words.append(word)
        return " ".join(words)

    def _quoted_local_part(self) -> str:
        try:
            local = self._quoted_string()
        except MailboxError:
            local = ""
        if not local:
            raise MailboxError("empty quoted string in addr-spec")
        return local

    def _quoted_string(self) -> str:
        characters: list[str] = []
        is_escaped = False
        for position, character in enumerate(self.rest[1:], start=1):
            if not is_escaped and character == '"':
                self.rest = self.rest[position + 1 :]
                return "".join(characters)
            if not is_escaped and character == "\\":
                is_escaped = True
                continue
            if not _is_visible(character) and character not in " \t":
                raise MailboxError(f"bad character in quoted-string: {quoted_rune(character)}")
            characters.append(character)
            is_escaped = False
        raise MailboxError("unclosed quoted-string")

    def _atom(self, *, permissive: bool = False) -> str:
        end = 0
        while end < len(self.rest) and _is_atext(self.rest[end], dot=True):
            end += 1
        if end == 0:
            raise MailboxError("invalid string")
        atom, self.rest = self.rest[:end], self.rest[end:]
        if not permissive:
            if atom.startswith("."):
                raise MailboxError("leading dot in atom")
            if ".." in atom:
                raise MailboxError("double dot in atom")
            if atom.endswith("."):
                raise MailboxError("trailing dot in atom")
        return atom

    def _domain_literal(self) -> str:
        literal, bracket, rest = self.rest[1:].partition("]")
        for character in literal:
            if character in "[\\" or not _is_visible(character):
                raise MailboxError(f"bad character in domain-literal: {quoted_rune(character)}")
        if not bracket:
            raise MailboxError("unclosed domain-literal")
        self.rest = rest
        try:
            if literal.startswith("IPv6:"):
                ipaddress.ip_address(literal.removeprefix("IPv6:"))
            else:
                ipaddress.IPv4Address(literal)
        except ValueError:
            kind = "IPv6" if literal.startswith("IPv6:") else "IP"
            raise MailboxError(f"invalid {kind} address in domain-literal: {quoted(literal)}") from None
        return f"[{literal}]"

    def _comment(self) -> None:
        depth = 1
        while self.rest and depth:
            if self.rest.startswith("\\"):
                self.rest = self.rest[1:]
            elif self.rest.startswith("("):
                depth += 1
            elif self.rest.startswith(")"):
                depth -= 1
            self.rest = self.rest[1:]
        if depth:
            raise MailboxError("misformatted parenthetical comment")

    def _take(self, character: str) -> bool:
        found = self.rest.startswith(character)
        if found:
            self.rest = self.rest[1:]
        return found

    def _skip_space(self) -> None:
        self.rest = self.rest.lstrip(" \t")


def _is_visible(character: str) -> bool:
    return "!" <= character <= "~" or not character.isascii()


def _is_atext(character: str, *, dot: bool) -> bool:
    if character == ".":
        return dot
    return character not in _SPECIALS and _is_visible(character)
