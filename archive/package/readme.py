"""README.txt of a package: what this is and how to check it, for who never heard of us. Chinese and English.

Holds: nothing in it tells more than the package itself does; a court clerk can follow it.
"""

from __future__ import annotations

from archive.package.selecting import Selection

_WHY = {
    "quarantined": ("隔离中，尚无人接收", "quarantined; nobody has accepted it yet"),
    "damaged": ("与其哈希不符，未移交", "no longer equals its hash; not handed out"),
    "missing": ("库中已缺失", "missing from the archive"),
    "disposed": ("已依法销毁", "lawfully disposed of"),
}


def readme(name: str, selection: Selection, origin: str, *, has_pdf: bool) -> bytes:
    """The whole file; lines end in CR LF, so that any editor shows them."""
    text = _CHINESE + _left_out(selection, 0) + _pdf(has_pdf, 0)
    text += "\n" + "-" * 72 + "\n\n" + _ENGLISH + _left_out(selection, 1) + _pdf(has_pdf, 1)
    number = " ".join((selection.number or selection.subject).split())
    text = text.replace("@NAME@", name).replace("@SUBJECT@", number).replace("@ORIGIN@", origin)
    return text.replace("@CLIPS@", str(len(selection.clips))).replace("\n", "\r\n").encode()


def _left_out(selection: Selection, language: int) -> str:
    text = ""
    if selection.left_out:
        text += ("\n未交付的原始文件\n", "\nClips of the case that are not handed out\n")[language]
        text += "".join(
            f"  {item.clip}: {_WHY[item.why][language]}\n" for item in selection.left_out
        )
    if selection.withheld:
        text += (
            "\n未交付的衍生件（其原始文件已交付）\n",
            "\nRenditions that are not handed out; their originals are\n",
        )[language]
        why = _WHY["damaged"][language]
        text += "".join(f"  {clip}, {kind}: {why}\n" for clip, kind in selection.withheld)
    return text


def _pdf(has_pdf: bool, language: int) -> str:
    if has_pdf:
        return ""
    return (
        "\n没有 report.pdf：制作本包的机器没有中文字体。report.html 内容相同，可用浏览器打印。\n",
        "\nThere is no report.pdf: the machine that made this has no Chinese font. report.html says the same and can\n"
        "be printed from a browser.\n",
    )[language]


_CHINESE = """证据包 @NAME@
案件或原始文件：@SUBJECT@    原始文件：@CLIPS@ 个    存证日志：@ORIGIN@

这是什么
  本包含有执法记录仪的原始文件、每个文件自入库以来的全部流转记录，以及证明它们未被改动、最迟何时已存在的材料。
  核验不需要联系制作单位，也不需要相信制作单位。

先看什么
  用浏览器打开 data/report/report.html（或 report.pdf）：第一页回答这是什么、是否完整、最迟何时已存在、经过谁的手。
  原始文件在 data/clips/ 之下，每个一个文件夹。

怎样核验（任选一种，一般不到一分钟）
  1. 双击 verify.html，用浏览器打开，把整个 zip 文件（或解压后的文件夹）拖进去。每项检查变为绿色或红色；
     不上网，任何内容都不会离开您的电脑。
  2. 装有 Python 3.9 或更新版本时，在命令行输入：
         python3 -I -S verify.py 证据包.zip
     不安装任何东西；不符之处会指明是哪个文件、哪个条目或哪个签名。

先弄清核验程序本身可信
  包内的核验程序来自制作者，只能说明“本包自身前后一致”。若有争议，请另行取得核验程序（软件发布页列有每个版本的摘要），
  并从制作单位或见证方另行取得存证日志的公钥和时间戳机构的根证书，核验时一并给出：
         python3 -I -S verify.py --vkey 公钥 --tsa-ca 根证书.pem 证据包.zip
  没有这些，结果只会写“前后一致；签名者未经核对”。标注“本机关自签”的时间戳由制作单位自己的时间戳服务签发，只证明其自己的说法；
  标注外部机构名称的，由该机构作证。

核验不能说明什么
  记录仪拍到的是否就是事实全貌；记录仪自己的时钟是否准确（流转记录中有实测偏差）；制作本包之后发生的事；
  以及在没有见证方签名时，制作单位是否另有一份日志。

如果变红
  不要使用变红的文件，保留整个 zip，连同核验结果一并交给移交人，请其重新提供。未列为不符的文件不受影响。
"""

_ENGLISH = """Evidence package @NAME@
Case or clip: @SUBJECT@    Originals: @CLIPS@    Ledger: @ORIGIN@

What this is
  Original files of body-worn recorders, the whole history of each since it came into the archive, and what proves
  that nobody changed them and when they existed at the latest. To check it you need not ask whoever made it, and
  need not trust them.

Where to begin
  Open data/report/report.html in a browser (or report.pdf): its first page says what this is, whether it is whole,
  since when provably, and who had it. The originals are below data/clips/, one folder for each.

How to check it (either way; mostly under a minute)
  1. Double-click verify.html and drop the whole zip (or the unpacked folder) on the page. Each check turns green or
     red. It works without a network, and nothing leaves your computer.
  2. With Python 3.9 or later, on a command line:
         python3 -I -S verify.py PACKAGE.zip
     It installs nothing. Where something is wrong it names the file, the entry or the signature.

First make sure of the verifier
  The verifier in here comes from whoever made the package, so alone it can only say "consistent with itself". Where
  it matters, get the verifier elsewhere (the release notes of the software list the digest of each version), and get
  the ledger's public key and the timestamp authority's root certificate from somebody you trust. Then:
         python3 -I -S verify.py --vkey KEY --tsa-ca ROOT.pem PACKAGE.zip
  Without them the answer is "consistent with itself; signer not pinned". A timestamp that is labelled "issued by
  this agency itself" comes from the maker's own service and is the maker's word only; one with the name of an outside
  authority is that authority's word.

What no check can tell
  Whether the recorder showed the whole of what happened; whether the recorder's own clock was right (its measured
  error is in the history); what happened after this package was made; and, where no witness has signed, whether the
  maker keeps a second ledger.

If something is red
  Do not use what is red. Keep the whole zip, and give it back with the verifier's answer to whoever handed it to you,
  and ask for it again. Files that are not named are not affected.
"""
