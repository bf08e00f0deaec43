"""Mail domains whose mailboxes are at a known server.

As Thunderbird's autoconfiguration database has them (github.com/thunderbird/autoconfig, read in
November 2026), without the domains of companies and universities that are hosted there.
"""

from __future__ import annotations

_GMAIL = """
    gmail.com googlemail.com
"""
_OUTLOOK = """
    hotmail.com live.com msn.com outlook.com windowslive.com outlook.at outlook.be
    outlook.cl outlook.cz outlook.de outlook.dk outlook.es outlook.fr outlook.hu outlook.ie
    outlook.in outlook.it outlook.jp outlook.kr outlook.lv outlook.my outlook.ph outlook.pt
    outlook.sa outlook.sg outlook.sk outlook.co.id outlook.co.il outlook.co.th
    outlook.com.ar outlook.com.au outlook.com.br outlook.com.gr outlook.com.tr
    outlook.com.vn hotmail.be hotmail.ca hotmail.cl hotmail.cz hotmail.de hotmail.dk
    hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.hu hotmail.it hotmail.lt hotmail.lv
    hotmail.my hotmail.nl hotmail.no hotmail.ph hotmail.rs hotmail.se hotmail.sg hotmail.sk
    hotmail.co.id hotmail.co.il hotmail.co.in hotmail.co.jp hotmail.co.kr hotmail.co.th
    hotmail.co.uk hotmail.co.za hotmail.com.ar hotmail.com.au hotmail.com.br hotmail.com.hk
    hotmail.com.tr hotmail.com.tw hotmail.com.vn live.at live.be live.ca live.cl live.cn
    live.de live.dk live.fi live.fr live.hk live.ie live.in live.it live.jp live.nl live.no
    live.ru live.se live.co.jp live.co.kr live.co.uk live.co.za live.com.ar live.com.au
    live.com.mx live.com.my live.com.ph live.com.pt live.com.sg livemail.tw
"""
_YAHOO = """
    yahoo.com yahoo.ca yahoo.de yahoo.it yahoo.fr yahoo.es yahoo.se yahoo.co.in yahoo.co.uk
    yahoo.co.nz yahoo.com.au yahoo.com.ar yahoo.com.br yahoo.com.mx ymail.com myyahoo.com
    rocketmail.com
"""
_AOL = """
    aol.com aim.com netscape.net netscape.com compuserve.com cs.com wmconnect.com aol.de
    aol.it aol.fr aol.es aol.se aol.co.uk aol.co.nz aol.com.au aol.com.ar aol.com.br
    aol.com.mx
"""
_GMX = """
    gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.biz gmx.org gmx.info mein.gmx mail.gmx email.gmx
"""
_GMX_COM = """
    gmx.com gmx.tm gmx.us gmx.co.uk gmx.es gmx.fr gmx.ca gmx.cn gmx.co.in gmx.com.br
    gmx.com.my gmx.hk gmx.ie gmx.ph gmx.pt gmx.ru gmx.se gmx.sg gmx.tw gmx.com.tr gmx.it
    gmx.li
"""
_POSTEO = """
    posteo.de posteo.at posteo.be posteo.ca posteo.ch posteo.cl posteo.co posteo.co.uk
    posteo.com posteo.com.br posteo.cr posteo.cz posteo.dk posteo.ee posteo.es posteo.eu
    posteo.fi posteo.gl posteo.gr posteo.hn posteo.hr posteo.hu posteo.ie posteo.in
    posteo.is posteo.it posteo.jp posteo.la posteo.li posteo.lt posteo.lu posteo.me
    posteo.mx posteo.my posteo.net posteo.nl posteo.no posteo.nz posteo.org posteo.pe
    posteo.pl posteo.pm posteo.pt posteo.ro posteo.se posteo.sg posteo.si posteo.tn
    posteo.uk posteo.us
"""
_YANDEX = """
    yandex.ru yandex.com yandex.net yandex.by yandex.kz yandex.ua ya.ru narod.ru
"""
_MAIL_RU = """
    mail.ru inbox.ru list.ru bk.ru
"""

DOMAINS: dict[str, tuple[str, ...]] = {
    "gmail": tuple(_GMAIL.split()),
    "outlook": tuple(_OUTLOOK.split()),
    "yahoo": tuple(_YAHOO.split()),
    "aol": tuple(_AOL.split()),
    "gmx": tuple(_GMX.split()),
    "gmx-com": tuple(_GMX_COM.split()),
    "posteo": tuple(_POSTEO.split()),
    "yandex": tuple(_YANDEX.split()),
    "mail-ru": tuple(_MAIL_RU.split()),
    "microsoft-365": (".onmicrosoft.com",),
    "comcast": ("comcast.net",),
    "zoho": ("zoho.com", "zohomail.com"),
    "zoho-eu": ("zoho.eu", "zohomail.eu"),
    "icloud": ("icloud.com", "me.com", "mac.com"),
    "web-de": ("web.de",),
    "t-online": ("t-online.de", "magenta.de"),
    "orange": ("orange.fr", "wanadoo.fr"),
    "fastmail": ("fastmail.com", "fastmail.fm"),
}
