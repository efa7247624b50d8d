"""Lines that a log may hold, each with the reason why it is here."""

import random
from datetime import datetime, timedelta

TAIL = '"GET / HTTP/1.1" 200 512 "-" "curl/8.5.0"'


def dated(date: str, address: str = "192.0.2.7") -> bytes:
    """Returns a line with this date."""
    return f"{address} - - [{date}] {TAIL}".encode()


def addressed(address: bytes) -> bytes:
    """Returns a line from this address."""
    return address + f" - - [17/May/2015:10:05:03 +0000] {TAIL}".encode()


def with_tail(tail: str) -> bytes:
    """Returns a line that goes on like this after its date."""
    return f"192.0.2.7 - - [17/May/2015:10:05:03 +0000] {tail}".encode()


REQUESTS: dict[str, bytes] = {
    "plain": with_tail(TAIL),
    "no size": with_tail('"HEAD / HTTP/1.1" 304 - "-" "-"'),
    "empty quotes": with_tail('"" 408 0 "" ""'),
    "escaped quotes": with_tail(r'"GET /\"a\" HTTP/1.1" 200 1 "\"" "say \"hi\""'),
    "escaped backslash before a closing quote": with_tail(r'"GET / HTTP/1.1" 200 1 "\\" "C:\\"'),
    "brackets and quotes inside": with_tail(r'"GET /[1] HTTP/1.1" 200 1 "[x]" "] \"-\" ["'),
    "a carriage return inside quotes": with_tail('"GET /\r HTTP/1.1" 200 1 "-" "-"'),
    "bytes that are no text, in quotes": with_tail(TAIL)[:-1] + b'\xff\xfe\x80"',
    "a user": b"192.0.2.7 ident ann@example.com [17/May/2015:10:05:03 +0000] " + TAIL.encode(),
    "a name instead of an address": addressed(b"host.example.com"),
    "an address with quote and backslash": addressed(b'a"b\\c/d'),
    "an address beyond ASCII": addressed("bücher.example".encode()),
    "an address beyond 16 bits": addressed("\U0001f41d.example".encode()),
    "the first and last two-byte characters": addressed(b"\xc2\x80\xdf\xbf"),
    "the first and last three-byte characters": addressed(
        b"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
    ),
    "the first and last four-byte characters": addressed(b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
    "an IPv6 address with a zone": addressed(b"fe80::1%eth0"),
    "windows line end": with_tail(TAIL) + b"\r",
    "a very long address": addressed(b"a" * 100_000),
    "a very long request": with_tail(TAIL.replace("/ ", "/" + "x\\\\" * 300_000 + " ")),
    "the first second": dated("01/Jan/1970:00:00:00 +0000"),
    "the first second, seen from the east": dated("01/Jan/1970:14:00:00 +1400"),
    "the first second, seen from the west": dated("31/Dec/1969:19:00:00 -0500"),
    "the last second": dated("11/Apr/2262:23:47:16 +0000"),
    "the last second, seen from the east": dated("12/Apr/2262:01:47:16 +0200"),
    "a leap day": dated("29/Feb/2024:12:00:00 +0000"),
    "a leap day of a fourth century": dated("29/Feb/2000:12:00:00 +0000"),
    "the widest offset": dated("17/May/2015:10:05:03 -2359"),
    "a negative offset of zero": dated("17/May/2015:10:05:03 -0000"),
}

NO_REQUESTS: dict[str, bytes] = {
    "blank": b"",
    "blank with windows line end": b"\r",
    "a space": b" ",
    "a space in front": b" " + with_tail(TAIL),
    "a space behind": with_tail(TAIL) + b" ",
    "two spaces between": with_tail("  " + TAIL),
    "a tab between": with_tail(TAIL).replace(b" - - ", b"\t- - "),
    "two carriage returns": with_tail(TAIL) + b"\r\r",
    "common format, without referer and agent": with_tail('"GET / HTTP/1.1" 200 512'),
    "without an agent": with_tail('"GET / HTTP/1.1" 200 512 "-"'),
    "a tenth field": with_tail(TAIL + ' "-"'),
    "an open quote": with_tail(TAIL[:-1]),
    "a closing quote that is escaped": with_tail(TAIL[:-1] + '\\"'),
    "a backslash at the end": with_tail(TAIL[:-1] + "\\"),
    "a bare quote inside": with_tail('"GET /"a" HTTP/1.1" 200 1 "-" "-"'),
    "a word after the quotes": with_tail('"GET / HTTP/1.1"x 200 1 "-" "-"'),
    "a status of two digits": with_tail('"GET / HTTP/1.1" 20 1 "-" "-"'),
    "a status of four digits": with_tail('"GET / HTTP/1.1" 2000 1 "-" "-"'),
    "a status of letters": with_tail('"GET / HTTP/1.1" abc 1 "-" "-"'),
    "a size of letters": with_tail('"GET / HTTP/1.1" 200 1k "-" "-"'),
    "a negative size": with_tail('"GET / HTTP/1.1" 200 -1 "-" "-"'),
    "a NUL in the address": addressed(b"192.0.2\x007"),
    "a NUL in quotes": with_tail(TAIL)[:-1] + b'\x00"',
    "an escaped NUL in quotes": with_tail(TAIL)[:-1] + b'\\\x00"',
    "a NUL at the end": with_tail(TAIL) + b"\x00",
    "no address": with_tail(TAIL)[len("192.0.2.7") :],
    "an address with a control character": addressed(b"192.0.2\x017"),
    "an address with a delete": addressed(b"192.0.2\x7f7"),
    "an address in Latin-1": addressed(b"b\xfccher.example"),
    "an address with a cut-off character": addressed(b"192.0.2.7\xe2\x82"),
    "an address with an overlong slash": addressed(b"\xc0\xaf"),
    "an address with an overlong three-byte character": addressed(b"\xe0\x9f\xbf"),
    "an address with an overlong four-byte character": addressed(b"\xf0\x8f\xbf\xbf"),
    "an address with a surrogate": addressed(b"\xed\xa0\x80"),
    "an address past the last character": addressed(b"\xf4\x90\x80\x80"),
    "an address with a five-byte character": addressed(b"\xf8\x88\x80\x80\x80"),
    "no date": with_tail(TAIL).replace(b"17/May/2015:10:05:03 +0000", b""),
    "no brackets": with_tail(TAIL).replace(b"[", b"").replace(b"]", b""),
    "no offset": dated("17/May/2015:10:05:03"),
    "an offset without a sign": dated("17/May/2015:10:05:03 00000"),
    "an offset in words": dated("17/May/2015:10:05:03 GMT"),
    "an offset with a colon": dated("17/May/2015:10:05:03 +00:00"),
    "an offset of 24 hours": dated("17/May/2015:10:05:03 +2400"),
    "an offset of 60 minutes": dated("17/May/2015:10:05:03 +0060"),
    "a day of one digit": dated("7/May/2015:10:05:03 +0000"),
    "a day of a space": dated(" 7/May/2015:10:05:03 +0000"),
    "day 0": dated("00/May/2015:10:05:03 +0000"),
    "day 32": dated("32/May/2015:10:05:03 +0000"),
    "31 April": dated("31/Apr/2015:10:05:03 +0000"),
    "29 February of a plain year": dated("29/Feb/2015:10:05:03 +0000"),
    "29 February of a plain century": dated("29/Feb/2100:10:05:03 +0000"),
    "30 February": dated("30/Feb/2024:10:05:03 +0000"),
    "a month in small letters": dated("17/may/2015:10:05:03 +0000"),
    "a German month": dated("17/Mai/2015:10:05:03 +0000"),
    "a month in full": dated("17/June/2015:10:05:03 +0000"),
    "a month as a number": dated("17/005/2015:10:05:03 +0000"),
    "a year of two digits": dated("17/May/15:10:05:03 +0000"),
    "a year of five digits": dated("17/May/02015:10:05:03 +0000"),
    "a signed year": dated("17/May/+2015:10:05:03 +0000"),
    "year 0": dated("17/May/0000:10:05:03 +0000"),
    "hour 24": dated("17/May/2015:24:00:00 +0000"),
    "minute 60": dated("17/May/2015:10:60:03 +0000"),
    "second 60": dated("30/Jun/2015:23:59:60 +0000"),
    "a fraction of a second": dated("17/May/2015:10:05:03.5 +0000"),
    "digits that are not ASCII": dated("1\u0667/May/2015:10:05:03 +0000"),
    "a superscript digit in the day": dated("1\u00b2/May/2015:10:05:03 +0000"),
    "ISO 8601": dated("2015-05-17T10:05:03+00:00"),
    "the second before the first": dated("31/Dec/1969:23:59:59 +0000"),
    "before the first, seen from the east": dated("01/Jan/1970:00:59:59 +0100"),
    "the second after the last": dated("11/Apr/2262:23:47:17 +0000"),
    "after the last, seen from the west": dated("11/Apr/2262:22:47:17 -0100"),
    "the end of 9999 in the west": dated("31/Dec/9999:23:59:59 -2359"),
    "the start of year 1 in the east": dated("01/Jan/0001:00:00:00 +2359"),
    "an error log's line": b"2015/05/17 10:05:03 [warn] 7#7: *1 a response is buffered",
}

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def nasty_log() -> bytes:
    """Returns a log of all of these, with equal times, both line ends and none at the end."""
    lines = [line for pair in zip(REQUESTS.values(), NO_REQUESTS.values()) for line in pair]
    lines += list(NO_REQUESTS.values())[len(REQUESTS) :]
    # Six clients denied alike: five are named, and their order is by the bytes of the address.
    tied = ["10.0.0.9", "10.0.0.10", "ä.example", "z.example", "\U0001f41d.example", "Z.example"]
    lines += [addressed(address.encode()) for _ in range(120) for address in tied]
    return b"\r\n".join(lines[::2]) + b"\n" + b"\n".join(lines[1::2])


def month_ends_log() -> bytes:
    """Returns, for the end of every month, one client back after an hour, another a second sooner."""
    first = datetime(1970, 1, 31, 23, 30)
    ends = {
        (first + timedelta(days=day)).replace(day=1) - timedelta(days=1) for day in range(106_000)
    }
    lines = []
    for end in sorted(end for end in ends if end.year >= 1970):
        for address, second in [("on.time", 0), ("on.time", 3_600), ("early", 0), ("early", 3_599)]:
            at = end + timedelta(seconds=second)
            date = f"{at:%d}/{MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"
            lines.append(dated(date, address))
    return b"\n".join(lines) + b"\n"


def random_dates_log(seed: int) -> bytes:
    """Returns valid lines of any year, offset and order, many about an hour apart."""
    chance = random.Random(seed)
    lines = []
    for _ in range(2_000):
        offset = chance.choice(["+0000", "+0530", "-0330", "+1400", "-1200", "+0100"])
        year, month, day = chance.randint(1971, 2261), chance.choice(MONTHS), chance.randint(1, 28)
        hour, minute, second = chance.randint(0, 22), chance.randint(0, 59), chance.randint(0, 58)
        address = f"192.0.2.{chance.randint(1, 9)}"
        for later in chance.sample([(0, 0), (0, 1), (1, -1), (1, 0), (1, 1)], 3):
            clock = f"{hour + later[0]:02}:{minute:02}:{max(0, second + later[1]):02}"
            lines.append(dated(f"{day:02}/{month}/{year}:{clock} {offset}", address))
    return b"\n".join(lines) + b"\n"


def mutated_log(seed: int) -> bytes:
    """Returns valid lines with a byte or two replaced, dropped or put in."""
    chance = random.Random(seed)
    spare = b'\0\r\t "\\[]/:+-0129AJa\x7f\x80\xc3\xff'
    lines = []
    for _ in range(6_000):
        line = bytearray(chance.choice(list(REQUESTS.values()))[:300])
        if len(line) == 300:
            line = bytearray(REQUESTS["escaped quotes"])
        for _ in range(chance.randint(1, 2)):
            place = chance.randrange(len(line))
            length = chance.randint(0, 1)
            line[place : place + length] = bytes([chance.choice(spare)] * chance.randint(0, 1))
        lines.append(bytes(line))
    return b"\n".join(lines)
