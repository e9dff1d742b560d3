"""Names of residents in the scripts of the voucher, and letters that none of its fonts has."""

import unicodedata

# Script → given name and family name, as they are typed.
NAMES = {
    "French": ("Maëlys-Anaïs", "Œuvrard d’Aÿ"),
    "Occitan": ("Jaufrè", "Puòg"),
    "Catalan": ("Marcel·lí", "Gallart i Muñoz"),
    "Vietnamese": ("Thị Ngọc Ánh", "Nguyễn"),
    "Turkish": ("İpek", "Yıldırımoğlu"),
    "Polish": ("Łucja", "Święcka"),
    "Arabic": ("أميرة", "بن علي"),
    "Persian": ("یوسف", "کاظم‌زاده"),
    "Hebrew": ("שרה", "כהן"),
    "Cyrillic": ("Олексій", "Ґалаґан"),
    "Greek": ("Ἀλέξανδρος", "Παπαδόπουλος"),
    "Armenian": ("Արամ", "Խաչատրյան"),
    "Georgian": ("გიორგი", "კვარაცხელია"),
    "Tifinagh": ("ⵎⴰⵙⵉⵏⵉⵙⵙⴰ", "ⴰⵎⴰⵣⵉⵖ"),
    "Chinese": ("小明", "王"),
    "Chinese, traditional": ("鳳儀", "歐陽"),
    "Japanese": ("さくら", "ワタナベ邊々"),
    "Korean": ("민준", "김"),
    "Yoruba, with marks that stay marks": ("Ẹ́niọlá", "Adébáyọ̀"),
    "Arabic and Latin": ("Amira", "بن علي"),
    "Chinese and Latin": ("小明 Léo", "Wang"),
}
# The same with every accent as a sign of its own, as some systems write file names and forms.
DECOMPOSED = {
    script: (unicodedata.normalize("NFD", given), unicodedata.normalize("NFD", family))
    for script, (given, family) in NAMES.items()
}
# Vowel signs above and beneath the letters.
VOCALISED = {"Arabic": ("مُحَمَّد", "عَبْدُ اللَّه"), "Hebrew": ("שָׂרָה", "כֹּהֵן")}
# What → a name with it, and the letters that a refusal names.
UNPRINTABLE = {
    "emoji": ("Léa 😀", ["😀"]),
    "emoji of several": ("Léa 👨‍👩‍👧", ["👧", "👨", "👩"]),
    "emoji by selector": ("Léa ❤️", ["❤"]),
    "Thai": ("สมชาย", ["ช", "ม", "ย", "ส", "า"]),
    "Hindi": ("आरव", ["आ", "र", "व"]),
    "a rare Chinese letter": ("王𬱖", ["𬱖"]),
    "Urdu": ("ہما", ["ہ"]),
    "marks of another script": ("L\u0e34a", ["U+0E34"]),
    "private use": ("L\ue000a", ["U+E000"]),
    "not assigned": ("L\u0378a", ["U+0378"]),
    "half of a pair": ("L\ud83d", ["U+D83D"]),
    "a line break": ("L\u2028a", ["U+2028"]),
}
