"""What WhatsApp itself writes into an export, in the languages of its users.

A message whose whole text is one of these was written by nobody. On iOS such texts begin with U+200E, on Android they
do not, and a copy may have lost it. What is in angle brackets has the same form in all languages.
"""

import re

from autocomplete.corpus.readers.chats.message import DELETED, FORM, MEDIA, SYSTEM
from autocomplete.corpus.readers.protocol import Noun

# What stands for media that were left out of the export: on Android in angle brackets, on iOS by its kind.
_OMITTED = r"""
<(?=[^<>\n]*[ \u0080-\U0010ffff])[^<>\n:]{4,80}>
(?:image|video|video note|audio|voice message|sticker|gif|document|contact card|photo) omitted
(?:bild|video|videonachricht|audio|sticker|gif|dokument|kontaktkarte) (?:weggelassen|ausgelassen)
(?:imagen|v[ií]deo|audio|sticker|gif|documento|tarjeta de contacto) omitid[oa]
(?:image|vidéo|audio|sticker|gif|document|fiche contact) (?:absente?|omise?|retirée?)
(?:imagem|v[ií]deo|áudio|figurinha|gif|documento|cartão d[eo] contato) (?:ocultad[oa]|omitid[oa])
(?:immagine|video|audio|sticker|gif|documento|scheda contatto) (?:omess[oa]|esclus[oa])
(?:afbeelding|video|audio|sticker|gif|document|contactkaart) weggelaten
(?:bild|video|ljud|sticker|klistermärke|gif|dokument|kontaktkort) (?:utelämnad|utelämnat|utelämnats)
(?:billede|bilde|video|lyd|sticker|gif|dokument|kontaktkort) (?:udeladt|utelatt)
(?:obraz|wideo|film|audio|naklejka|gif|dokument|karta kontaktu) pominięt[oaye]
(?:obrázek|video|audio|nálepka|gif|dokument|kontakt) (?:byl[ao]? )?vynechán[ao]?
(?:görüntü|resim|video|ses|çıkartma|gif|belge|kartvizit|kişi kartı) dahil edilmedi
(?:gambar|video|audio|stiker|gif|dokumen|kartu kontak) tidak disertakan
(?:изображение|видео|аудио|стикер|gif|документ|карточка контакта) (?:опущен[оаы]?|отсутствует|пропущен[оа]?)
(?:зображення|відео|аудіо|стікер|наліпку|gif|документ|картку контакту) (?:пропущено|вилучено|опущено)
(?:תמונה|סרטון|סרטון וידאו|הקלטה|אודיו|סטיקר|מדבקה|מסמך|gif) (?:הושמטה?|לא נכללה?)
تم (?:استبعاد|حذف) (?:الصورة|الفيديو|الصوت|الملصق|المستند)
(?:صورة|فيديو|صوت|ملصق|مستند) (?:محذوفة?|غير مدرجة?)
(?:画像|動画|ビデオ|音声|オーディオ|スタンプ|gif|文書|ドキュメント|連絡先カード)は?(?:含まれていません|省略されました|除外されました)
(?:图像|图片|视频|音频|贴图|动态贴图|文档|联系人名片|圖片|影片|音訊|貼圖|文件|聯絡人名片|gif)(?:已|被)?(?:忽略|省略|略去)
(?:이미지|사진|동영상|오디오|음성|스티커|문서|연락처 카드|gif)(?:이|가)? ?(?:생략됨|제외됨|생략되었습니다)
null
"""
# What stands in brackets behind the name of a file.
_ATTACHED = """
file attached
datei angehängt
archivo adjunto
fichier joint
arquivo anexado
ficheiro anexado
file allegato
bestand bijgevoegd
fil bifogad
bifogad fil
fil vedhæftet
fil vedlagt
załączono plik
plik dołączony
soubor byl přiložen
dosya eklendi
dosya ekli
file terlampir
файл добавлен
файл прикріплено
קובץ מצורף
ملف مرفق
添付ファイル
文件附件
檔案已附加
파일 첨부됨
"""
_DELETED_BY_PERSON = r"""
you deleted this message(?: as admin)?
du hast diese nachricht gelöscht
(?:eliminaste|borraste) este mensaje
(?:vous avez|tu as) supprimé ce message
(?:você )?apagou esta mensagem
apagaste esta mensagem
hai eliminato questo messaggio
(?:u|je) hebt dit bericht verwijderd
du (?:tog bort|raderade) (?:detta|det här) meddelandet?
du slettede denne besked
du slettet denne meldingen
usunąłeś tę wiadomość
(?:smazali|odstranili) jste tuto zprávu
bu mesajı sildiniz
anda telah menghapus pesan ini
вы удалили (?:это|данное) сообщение
ви видалили це повідомлення
(?:את/ה )?מחקת הודעה זו
(?:لقد )?(?:حذفت|قمت بحذف) هذه الرسالة
(?:あなたは)?(?:この)?メッセージを削除しました
(?:您|你)已?(?:删除|刪除)了?(?:此|这条|這則)(?:消息|訊息|讯息)
(?:이 )?메시지를 삭제했습니다
"""
_DELETED = r"""
this message was deleted(?: by admin .{1,100})?
diese nachricht wurde gelöscht
se eliminó este mensaje
este mensaje fue eliminado
ce message a été supprimé
(?:esta|essa) mensagem foi (?:apagada|eliminada)
mensagem apagada
questo messaggio è stato eliminato
dit bericht is verwijderd
(?:detta|det här) meddelandet? (?:har tagits bort|raderades|togs bort)
denne (?:besked|meldingen) (?:blev|ble) slettet
(?:ta )?wiadomość (?:została )?usunięta
usunięto tę wiadomość
tato zpráva byla (?:smazána|odstraněna)
bu mesaj silindi
pesan ini telah dihapus
(?:это|данное) сообщение (?:было )?удалено
це повідомлення (?:було )?видалено
הודעה זו נמחקה
تم حذف هذه الرسالة
このメッセージは(?:削除|送信取消)されました
此(?:消息|訊息|讯息)已被?(?:删除|刪除)
삭제된 메시지입니다
이 메시지는 삭제되었습니다
"""
# Stems of what `edited` is called, as in `<This message was edited>`.
_EDITED = """
edit
edytowan
bearbeitet
modifi
bewerkt
redig
zmieni
uprav
muokat
módos
düzenlen
chỉnh sửa
изменен
відредаг
επεξεργ
נערכה
تعديل
संपादित
編集
编辑
編輯
수정
"""
_SYSTEM = r"""
(?:group )?(?:voice|video) call(?:[.,]? ?(?:\d+ (?:sec|min|hr|hour)s?|no answer|tap to call back|declined))?
(?:missed|silenced|unanswered) (?:group )?(?:voice|video) call.{0,40}
(?:verpasster|stummgeschalteter) (?:gruppen-?)?(?:sprach|video)anruf.{0,40}
(?:video)?llamada(?: de voz| grupal)? perdida.{0,40}
appel (?:vocal|vidéo)(?: de groupe)? manqué.{0,40}
(?:chamada|ligação) de (?:voz|vídeo)(?: em grupo)? perdida.{0,40}
(?:chiamata vocale|videochiamata)(?: di gruppo)? persa.{0,40}
gemiste (?:spraak|video)?-?oproep.{0,40}
nieodebrane połączenie (?:głosowe|wideo).{0,40}
cevapsız (?:sesli|görüntülü) arama.{0,40}
пропущенный (?:групповой )?(?:аудио|видео)?звонок.{0,40}
مكالمة (?:صوتية|فيديو) (?:فائتة|لم يرد عليها).{0,20}
(?:ビデオ通話の|音声通話の)?不在着信.{0,20}
未接(?:語音|语音|視訊|视频)通[話话].{0,20}
부재중 (?:음성|영상) ?통화.{0,20}
waiting for this message\. this may take a while
warten auf diese nachricht\. .{0,60}
esperando el mensaje\. .{0,60}
en attente de ce message\. .{0,60}
aguardando (?:a )?mensagem\. .{0,60}
in attesa del messaggio\. .{0,60}
(?:your )?security code (?:with .{1,100} )?changed\..{0,60}
messages and calls are (?:now )?end-to-end encrypted\..{0,200}
"""
_POLLS = """
POLL
UMFRAGE
ENCUESTA
SONDAGE
ENQUETE
SONDAGGIO
PEILING
OMRÖSTNING
AFSTEMNING
AVSTEMNING
ANKIETA
ANKET
ОПРОС
ОПИТУВАННЯ
استطلاع
アンケート
投票
투표
"""
_PLACES = r"""
[^\n:]{1,30}: ?https?://maps\.google\.com/\S*
live location shared
live-standort geteilt
ubicación en tiempo real compartida
localisation en direct partagée
localização em tempo real compartilhada
posizione in tempo reale condivisa
live ?locatie gedeeld
"""
# What is done in a group, where a colon follows because the group's name has one.
_DONE = r"""
\b(?:created|changed|left|added|removed|joined)\b.*\b(?:group|subject|icon|description|link|settings)
\bhat .*(?:gruppe|betreff)
\b(?:creó|cambió|añadió|eliminó) .*(?:grupo|asunto)
\ba (?:créé|modifié|changé|ajouté) .*(?:groupe|sujet)
\b(?:criou|mudou|adicionou|alterou) .*(?:grupo|assunto)
\bha (?:creato|cambiato|modificato|aggiunto) .*(?:gruppo|oggetto)
\bheeft .*(?:groep|onderwerp)
\b(?:создал|изменил|добавил)а? .*(?:групп|тему)
グループ.*(?:作成|変更)
(?:建立了?|创建了|更改了).*群
그룹.*(?:만들|변경)
"""


def _any_of(lines: str) -> str:
    return f"(?:{'|'.join(lines.split(chr(10))[1:-1])})"


def _whole(*lines: str) -> re.Pattern[str]:
    """A pattern of whole texts in small letters: one that ignores case tries every branch to its end."""
    return re.compile(rf"(?:{'|'.join(map(_any_of, lines))})[.。]?")


_NOTICES = (
    (_whole(_DELETED, _DELETED_BY_PERSON), DELETED),
    (_whole(_OMITTED), MEDIA),
    (_whole(_SYSTEM), SYSTEM),
    (_whole(_PLACES), FORM),
)
_LONGEST_NOTICE = 400
_QUOTES = ("“”", "„“", "«»", "「」", "『』")
_BY_PERSON = _whole(_DELETED_BY_PERSON)
_POLL = re.compile(rf"{_any_of(_POLLS)} ?[:：][ \n]*\n")
_DONE_BY = re.compile(_any_of(_DONE))
_EDIT_MARK = re.compile(rf"\s?\u200e?<[^<>\n]{{0,40}}{_any_of(_EDITED)}[^<>\n]{{0,30}}>\s*\Z", re.IGNORECASE)
# `IMG-20240131-WA0001.jpg (file attached)`, `menu.pdf (file attached)`, `<attached: 00000012-PHOTO.jpg>`
_FILE = re.compile(
    r"[A-Z]{3}-\d{8}-WA\d{1,6}\.\w{2,5} \([^()\n]{3,40}\)"
    rf"|^[^\n]{{1,200}}\.\w{{2,5}} \({_any_of(_ATTACHED)}\)"
    r"|<[^<>\n:：]{2,30}[:：]\s?[^<>\n]{1,200}\.\w{2,5}>",
    re.IGNORECASE,
)


def notice(text: str) -> Noun | None:
    """Return what a text without marks of direction is that nobody wrote; None where somebody did."""
    if _POLL.match(text):
        return FORM
    if len(text) > _LONGEST_NOTICE:
        return None
    small = text.lower()
    return next((noun for pattern, noun in _NOTICES if pattern.fullmatch(small)), None)


def is_deleted_by_person(text: str) -> bool:
    """Whether a text stands where the person whose export this is had deleted a message."""
    return len(text) <= _LONGEST_NOTICE and _BY_PERSON.fullmatch(text.lower()) is not None


def is_done(text: str) -> bool:
    """Whether what stands before a colon is no name, but the beginning of what somebody did in a group."""
    opens_quote = text.count('"') % 2 == 1 or any(text.count(pair[0]) > text.count(pair[1]) for pair in _QUOTES)
    return opens_quote or _DONE_BY.search(text.lower()) is not None


def without_edit_mark(text: str) -> str:
    """Return a text without what says that it was edited."""
    return _EDIT_MARK.sub("", text) if text.endswith(">") else text


def without_files(text: str) -> tuple[str, int]:
    """Return a text without the names of files that were sent with it, and of how many."""
    if "(" not in text and "<" not in text:
        return text, 0
    lines, files = [], 0
    for line in text.split("\n"):
        kept, found = _FILE.subn("", line) if len(line) <= _LONGEST_NOTICE else (line, 0)
        lines.append(kept)
        files += found
    return "\n".join(lines), files
