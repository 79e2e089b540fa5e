"""Traditional characters of headers and words as the simplified ones that aliases.csv and vocabularies.csv are written in.

Only characters that occur there (a test compares), by OpenCC's table TSCharacters: 證載面積 reads as 证载面积. Names and places stay as
they are delivered.
"""

_TRADITIONAL = (
    "亂佈佔來係備傢價億儲內冊別劃動務區協厤參員單噸噹國園圖報場塊實審對層屬庫廠弔彆後從復態應掛撥據數於時暫曆會東棟業樓標機橫"
    "檔檯權歷汙況測準濟災無營爭狀獻產産畝當發監確碼稅稱積節築簽籤約納級細終結統經綜綫線編緯縱總繫繳續羣義職臺萬蔘處號衕補製複"
    "覈規訂計記設許註証評詳認說説調諾證議變讓貢責費賃資賣質購較載轉農迴過達違遷遺鄉銷鎭鎮長門開閑閒間閤關階際電韆頃項額類騰驗"
    "體點"
)
_SIMPLIFIED = (
    "乱布占来系备家价亿储内册别划动务区协历参员单吨当国园图报场块实审对层属库厂吊别后从复态应挂拨据数于时暂历会东栋业楼标机横"
    "档台权历污况测准济灾无营争状献产产亩当发监确码税称积节筑签签约纳级细终结统经综线线编纬纵总系缴续群义职台万参处号同补制复"
    "核规订计记设许注证评详认说说调诺证议变让贡责费赁资卖质购较载转农回过达违迁遗乡销镇镇长门开闲闲间合关阶际电千顷项额类腾验"
    "体点"
)
TABLE = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def simplified(text: str) -> str:
    """The text with the characters of the table replaced."""
    return text if text.isascii() else text.translate(TABLE)
