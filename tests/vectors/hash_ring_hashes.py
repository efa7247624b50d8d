"""The hashes that rings are made of, by the letter of their definitions: XXH3-64 with seed 0, MurmurHash3 (x64,
128 bits, seed 0, the first half) and the first word of MD5.

Slow on purpose: one line for one line of the definition. `check` compares them with published values.
"""

import hashlib

M64 = 2**64 - 1

# XXH3, as the xxHash project defines it: its primes, and the secret that is used without a seed.
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MX1, MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)


def word(data, at, size=8):
    """The little-endian word of `size` bytes at `at`."""
    return int.from_bytes(data[at : at + size], "little")


def rotated(value, by):
    return (value << by | value >> (64 - by)) & M64


def folded(a, b):
    """Both halves of the 128-bit product, one over the other."""
    product = a * b
    return (product & M64) ^ (product >> 64)


def swapped(value):
    return int.from_bytes(value.to_bytes(8, "little"), "big")


def avalanche(h):
    h ^= h >> 37
    h = h * MX1 & M64
    return h ^ h >> 32


def old_avalanche(h):
    """XXH64's, for the shortest inputs."""
    h ^= h >> 33
    h = h * P64_2 & M64
    h ^= h >> 29
    h = h * P64_3 & M64
    return h ^ h >> 32


def mixed(data, at, secret):
    """Sixteen bytes of data with sixteen of the secret."""
    return folded(word(data, at) ^ word(SECRET, secret), word(data, at + 8) ^ word(SECRET, secret + 8))


def xxh3(data):
    size = len(data)
    if size == 0:
        return old_avalanche(word(SECRET, 56) ^ word(SECRET, 64))
    if size <= 3:
        combined = data[0] << 16 | data[size >> 1] << 24 | data[-1] | size << 8
        return old_avalanche(combined ^ word(SECRET, 0, 4) ^ word(SECRET, 4, 4))
    if size <= 8:
        h = (word(data, size - 4, 4) + (word(data, 0, 4) << 32)) ^ word(SECRET, 8) ^ word(SECRET, 16)
        h ^= rotated(h, 49) ^ rotated(h, 24)
        h = h * MX2 & M64
        h ^= (h >> 35) + size
        h = h * MX2 & M64
        return h ^ h >> 28
    if size <= 16:
        low = word(data, 0) ^ word(SECRET, 24) ^ word(SECRET, 32)
        high = word(data, size - 8) ^ word(SECRET, 40) ^ word(SECRET, 48)
        return avalanche(size + swapped(low) + high + folded(low, high) & M64)
    if size <= 128:
        total = size * P64_1
        for pair in range((size - 1) // 32 + 1):
            total += mixed(data, 16 * pair, 32 * pair)
            total += mixed(data, size - 16 * (pair + 1), 32 * pair + 16)
        return avalanche(total & M64)
    if size <= 240:
        total = size * P64_1 + sum(mixed(data, 16 * i, 16 * i) for i in range(8))
        total = avalanche(total & M64)
        total += sum(mixed(data, 16 * i, 16 * (i - 8) + 3) for i in range(8, size // 16))
        return avalanche(total + mixed(data, size - 16, 119) & M64)
    return xxh3_long(data)


def xxh3_long(data):
    """Blocks of sixteen stripes of 64 bytes into eight sums."""
    size = len(data)
    sums = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]

    def add(at, secret):
        for i in range(8):
            value = word(data, at + 8 * i)
            key = value ^ word(SECRET, secret + 8 * i)
            sums[i ^ 1] = sums[i ^ 1] + value & M64
            sums[i] = sums[i] + (key & 0xFFFFFFFF) * (key >> 32) & M64

    for stripe in range((size - 1) // 64):
        add(64 * stripe, 8 * (stripe % 16))
        # A block is scrambled when it is full and more follows.
        if stripe % 16 == 15:
            for i in range(8):
                sums[i] ^= sums[i] >> 47 ^ word(SECRET, 128 + 8 * i)
                sums[i] = sums[i] * P32_1 & M64
    add(size - 64, 121)
    total = size * P64_1
    for i in range(4):
        low, high = sums[2 * i], sums[2 * i + 1]
        total += folded(low ^ word(SECRET, 11 + 16 * i), high ^ word(SECRET, 19 + 16 * i))
    return avalanche(total & M64)


def murmur3(data):
    """The first 64 bits of MurmurHash3 x64-128."""
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
    h1 = h2 = 0

    def first(k):
        return rotated(k * c1 & M64, 31) * c2 & M64

    def second(k):
        return rotated(k * c2 & M64, 33) * c1 & M64

    whole = len(data) // 16 * 16
    for at in range(0, whole, 16):
        h1 = (rotated(h1 ^ first(word(data, at)), 27) + h2) * 5 + 0x52DCE729 & M64
        h2 = (rotated(h2 ^ second(word(data, at + 8)), 31) + h1) * 5 + 0x38495AB5 & M64
    h1 ^= first(word(data, whole))
    h2 ^= second(word(data, whole + 8))

    def final(h):
        h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & M64
        h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & M64
        return h ^ h >> 33

    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = h1 + h2 & M64
    h2 = h2 + h1 & M64
    return final(h1) + final(h2) & M64


def md5_words(data):
    """The digest as four little-endian words of 32 bits."""
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return [word(digest, at, 4) for at in range(0, 16, 4)]


# XXH3's own test: a prefix of this stream of bytes, by length.
XXH3_PUBLISHED = {
    0: 0x2D06800538D394C2,
    1: 0xC44BDFF4074EECDB,
    6: 0x27B56A84CD2D7325,
    12: 0xA713DAF0DFBB77E7,
    24: 0xA3FE70BF9D3510EB,
    48: 0x397DA259ECBA1F11,
    80: 0xBCDEFBBB2C47C90A,
    195: 0xCD94217EE362EC3A,
    403: 0xCDEB804D65C6DEA4,
    512: 0x617E49599013CB6B,
    2048: 0xDD59E2C3A5F038E0,
    2240: 0x6E73A90539CF2948,
    2367: 0xCB37AEB9E5D361ED,
}
MURMUR3_PUBLISHED = {
    b"": 0,
    b"a": 0x85555565F6597889,
    b"hello": 0xCBD8A7B341BD9B02,
    b"localhost:10": 0xDFA7B4EB1D46AE8E,
    b"16777619:1000": 0xFF925FB58D2B69A5,
}


def stream(size):
    """The bytes that the xxHash project's tests hash."""
    out, state = bytearray(), P32_1
    for _ in range(size):
        out.append(state >> 56)
        state = state * 0x9E3779B185EBCA8D & M64
    return bytes(out)


def check():
    """Compares the hashes with the values published for them."""
    data = stream(max(XXH3_PUBLISHED))
    for size, expected in XXH3_PUBLISHED.items():
        assert xxh3(data[:size]) == expected, f"XXH3 of {size} bytes"
    for text, expected in MURMUR3_PUBLISHED.items():
        assert murmur3(text) == expected, f"murmur3 of {text!r}"
    assert md5_words(b"test")[0] == 3446378249
