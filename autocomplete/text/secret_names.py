"""What people call their secrets: words that stand before one, in twelve languages and some of others.

All are in small letters, and Latin ones without their accents. `|` is where no letter or digit may stand. A name that
is cut short stands for all that it begins: `парол` for `пароль`, `пароля`, `паролем`.
"""

# Before a password, be it weak.
PASSWORD = (
    "password passwort passwd passcode passord |pwd |pw| passw0rd kennwort losungswort losenord adgangskode "
    "wachtwoord |passe| |mdp| contrasena senha| palavra-passe parola| parolas parolam sifre haslo hasla| heslo "
    "jelszo jelszav salasana парол 密码 密碼 口令 パスワード "
    "비밀번호 암호 סיסמ κωδικο पासवर्ड khau| sandi| รหัสผ่าน السر المرور"
)
# The same, where prose has it for other things, too.
MAYBE_PASSWORD = "|pass| _pass| |clave| |psk| |ww| losen| losenet|"
# Before several words that make one.
PASSPHRASE = (
    "passphrase masterpass hauptpasswort hoofdwachtwoord парольн pass-phrase wachtzin passsatz "
    "фраза| |frase| keepass bitwarden 1password lastpass keychain "
    "vault| |luks| veracrypt parolas tresor"
)
# Before what a machine made.
KEY = (
    "token secret apikey api-key api_key |api| key| key_ |psk| schlussel |cle| |clave |llave| |chave| |chiave| "
    "klucz ключ anahtar 密钥 私钥 秘钥 密鑰 秘密鍵 キー "
    "|jwt| |wif| |xrp| |sid| sessionid session_id sessid session-id |session| "
    "cookie remember_ li_at |csrf 1psid authtoken credential signature= |sig= |hash|"
)
WIFI = "wifi wi-fi |wlan |wpa |wep| |ssid| hotspot wpa_"
# Before the digits of a code; alone they mean many other things.
CODE = (
    "code| codes| |kod| |kodu |kody |codigo |codice |codul код| кода| |otp| |tan| 2fa |mfa "
    "验证码 驗證碼 校验码 コード 인증번호"
)
CODE_AT_END = "code| codes| |kod| |codigo| |codice| код|"
# What code is meant, and what is not.
CODE_KINDS = (
    r"sms|secur|verif|confirm|recover|backup|log ?in|sign|auth|access|acces|activ|2fa|otp|bank|einmal|bestatig"
    r"|sicherheit|zugang|wiederherstell|freischalt|uber|whatsapp|google|telegram|signal|paypal|confirmac|acceso"
    r"|segur|conferma|sicurezza|acess|confirmad|bevestig|inlog|toegang|weryfik|potwierdz|dostep|odzysk|подтвержд"
    r"|доступ|безопасн|dogrul|onay|guvenlik|验证|認証|確認|wifi|wlan|door|gate|alarm|lock|safe|haustur|tur|porte"
    r"|puerta|deur"
)
OTHER_CODES = (
    r"zip|post|postal|area|error|exit|status|country|http|dress|building|return|qr|source|bar|promo|discount"
    r"|coupon|line|char|color|colour|morse|genetic|tax|penal|civil|machine|byte|op|key|unicode|ascii|airport"
    r"|dial|product|item|legal|fehler|vorwahl|postleit|plz|erreur|codice fiscale|cap|errore|erro|fout|bledu|hata"
    r"|ошибк"
)
PIN = (
    "|pin| pin-code |pins| |pin-nummer |puk| |puk2 |tan| |cvv |cvc |cid| geheimzahl geheimnummer pincode 暗証 支付密码 "
    "取款密码 пин| пин- пин-код"
)
DOOR = (
    "|door |gate| |garage |keypad |lockbox |locker |smartlock |alarm |haustur |tur| |turcode |tresor |porte| "
    "|portail digicode interphone |puerta |porton |portal| |portao |cancello |portone citofono |deur |poort "
    "sleutelklui domofon |brama |bramy |drzwi |furtk |sejf двер домофон подъезд калитк |kapi |kasa "
    "大門 门禁 门锁 玄関 "
    "オートロック |safe| coffre |cofre |lock| 密码锁"
)
ID = (
    "|ssn| |social sozialversicherung rentenversicherung steuer-id steueridentifikation |idnr |steuernummer "
    "|nino| |ni| |insurance| |bsn| burgerservice sofinummer |pesel |nip| |cpf| |cnpj |dni| |nie| |nif| fiscale| "
    "|insee |sociale| kimlik |tckn |tc| "
    "身份证 身分證 身份證 マイナンバー 個人番号 снилс |инн| personnummer fodselsnummer |cpr| "
    "|hetu |aadha |curp| |rut| |ahv| |svnr |nhs| |medicare |amka| |egn| |jmbg |oib| |itin |codfiscal"
)
DOCUMENT = (
    "passport passeport passaport pasaport paspoort paszport паспорт reisepass ausweis |perso| fuhrerschein "
    "|licence |license |permis |carnet identita identite| identiteit |dowod |dowodu rijbewijs |jazdy ehliyet "
    "|dl| |dl# |permit| |uscis |green| |passnummer |passnr |pass-nr aufenthaltstitel |cedula |cnh| |titre| "
    "удостоверен 护照 護照 旅券 パスポート 여권 驾驶证 駕照 免許 在留"
)
BANK = (
    "account kontonummer |konto |kontonr |kto |blz| bankleitzahl |iban |sort| routing |aba| rekening |cuenta "
    "|conta| |compte| |conto| rachun счет счёт |бик| |hesap 口座 账号 帳號 帐号 账户 |giro "
    "|acct |konta| |acc| a/c| c/c| р/с 卡号 卡號 普通 bankgiro plusgiro "
    "|agencia |bic| |clabe| |cbu| |ifsc| |bsb| |rib|"
)
SEED = (
    "seed| seeds| seed-phrase |recovery |mnemonic wiederherstellung recuperation recuperacion recupero |semilla "
    "|semente |trezor| |ledger| metamask |wallet |portfel кошел сид- сид| мнемон kurtarma "
    "助记词 助記詞 復元 リカバリー ニーモニック "
    "herstel odzyski |cuzdan |backup| bip39 bip-39"
)
LOGIN = "|login |user| |username |konto |root| |admin| netflix amazon spotify |disney+"
LOGIN_ABROAD = (
    "|usuario |utente |acceso |benutzer |identifiant |acesso |zugang |логин gebruiker uzytkownik "
    "kullanici |аккаунт 用户名 "
    "账号 ユーザー |anmeldung |inloggen |utilisateur |usuaria |inicio"
)
# In the names of security questions, and such as are nothing else.
ANSWER = "|pet| |security |secret |secrete| securite| seguridad| seguranca| sicurezza| |segreta| |secreta| guvenlik"
QUESTION = (
    "sicherheitsfrage sicherheitsantwort veiligheidsvraag beveiligingsvraag controlevraag bezpieczenstw pomocnicz "
    "|memorable nubile panienskie девич кличк |soltera |solteira meisjesnaam |huisdier |jeune |teacher? |school? "
    "|car? |street? |pet: |teacher: |animal? |animale? kizlik 旧姓 sicherheitsabfrage |geburtsname "
    "секретн контрольн 秘密の質問 密保 安全问题 |maiden madchenname |geheimfrage |pet? |mascota haustier?"
)
# Words between a name and what it is told to be.
COPULA = (
    r"is|was|are|ist|war|lautet|heis{1,2}t|est|es|e|era|to|jest|este|je|adalah|ar|er|на|это|теперь|olan|sera|wordt|now"
    r"|still|immer noch|toujours|sigue siendo"
)
# Words that no password is, and that seed phrases have none of: the most frequent ones of prose.
FUNCTION_WORDS = frozenset(
    """
    the a an and or but of to in on at by for from with without as is are was were be been being has have had
    do does did not no nor so too very just only also it its this that these those there here he she they we
    you i my our your their his her them him us me who whom which what when where why how if then than because
    while until after before about into over under between through during all any some each every both few
    more most other another such same own can could will would should may might must shall now never always
    often still already again once said says der die das den dem des ein eine einen einem einer und oder aber
    von zu im in auf am mit ohne fur als ist sind war waren sein wird werden hat haben hatte nicht kein keine
    auch nur noch schon sehr so wie was wer wo wenn dann weil dass es er sie wir ihr ich mein dein le la les
    un une et ou de du des en sur avec sans pour par est sont etait pas ne plus il elle nous vous je mon ma el
    los las una y o del con sin por para es son era no mas su sus que mi tu il lo gli uno e di da nel con per
    non che suo mio o os as um uma do da em com sem nao seu sua het een van op met zonder voor als zijn niet
    ook maar dat i w z na do nie jest to sie и в на не что это с по для от
    """.split()  # noqa: SIM905 - easier to read than so many quotation marks
)
# What follows `the password is`, and is none.
STATES = frozenset(
    """
    wrong incorrect invalid correct right required needed expired missing empty blank weak strong safe secure
    unsafe insecure simple long short hard easy different new old unknown secret private public hidden
    optional mandatory enough fine ok okay good bad great important useless sensitive case gone lost there
    here protected stored saved changed reset forgotten set sent used hashed encrypted shared wrong. falsch
    richtig sicher unsicher leer vergessen geandert ungultig abgelaufen anders gesperrt incorrecte incorrect
    oublie valide invalide incorrecta correcta errata sbagliata errada incorreta fout verkeerd onjuist zle
    bledne неверный правильный yanlis dogru none null
    """.split()  # noqa: SIM905 - easier to read than so many quotation marks
)
