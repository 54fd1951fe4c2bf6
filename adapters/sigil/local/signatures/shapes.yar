// Shapes of bytes and text that a syntax tree does not show. What a match means is for the phases to judge.

rule javascript_string_array {
    meta:
        description = "Names and a rotated string array as javascript-obfuscator writes them"
    strings:
        $name = /\b_0x[0-9a-f]{4,6}\b/
        $forever = /while\s*\(\s*!!\s*\[\]\s*\)/
        $rotate = /\[['"]push['"]\]\(\w{1,20}\[['"]shift['"]\]\(\)\)/
        $number = /parseInt\(_0x[0-9a-f]{4,6}\(/
    condition:
        #name > 12 and ($forever or $rotate or $number) or #name > 60
}

rule javascript_escaped_array {
    meta:
        description = "An array of strings that are written wholly in hexadecimal escapes"
    strings:
        $array = /=\s*\[\s*["'](\\x[2-7][0-9a-fA-F]){3,200}["']\s*,\s*["'](\\x[2-7][0-9a-fA-F]){2,200}["']\s*,\s*["'](\\x[2-7][0-9a-fA-F]){2,200}["']/
    condition:
        $array
}

rule javascript_six_characters {
    meta:
        description = "Code written in six characters, as JSFuck does"
    strings:
        $false = "(![]+[])"
        $one = "[+!+[]]"
        $undefined = "([][[]]+[])"
    condition:
        #one > 20 and ($false or $undefined)
}

rule invisible_text {
    meta:
        description = "A long run of invisible characters, in which text can be hidden"
    strings:
        $selectors = /((\xEF\xB8[\x80-\x8F])|(\xF3\xA0[\x84-\x87][\x80-\xBF])){12,400}/
        $tags = /(\xF3\xA0[\x80\x81][\x80-\xBF]){12,400}/
        $widths = /((\xE2\x80[\x8B-\x8D])|(\xE2\x81[\xA0-\xA4])|(\xEF\xBB\xBF)){16,400}/
        $fillers = /((\xE3\x85\xA4)|(\xEF\xBE\xA0)){16,400}/
    condition:
        any of them
}

rule python_packer {
    meta:
        description = "Unpacking and running in one expression, without an import statement"
    strings:
        $zlib = /__import__\s*\(\s*['"](zlib|lzma|bz2|gzip)['"]\s*\)\s*\.\s*decompress\s*\(\s*__import__\s*\(\s*['"]base64['"]/
        $marshal = /exec\s*\(\s*(__import__\s*\(\s*['"])?marshal(['"]\s*\))?\s*\.\s*loads\s*\(/
        $blank = /exec\s*\(\s*\(\s*_\s*\)\s*\(\s*b?['"]/
    condition:
        any of them
}

rule python_armoured {
    meta:
        description = "A script that PyArmor has locked"
    strings:
        $call = /__pyarmor__\s*\(\s*__name__/
        $import = /from\s+[\w.]{0,80}pyarmor_runtime\w{0,20}\s+import\s+__pyarmor__/
    condition:
        any of them
}

rule encoded_executable {
    meta:
        description = "A program for Windows, Linux or macOS, written as base64 or hexadecimal text"
    strings:
        $windows = /["'`]TV[pqo]QAA[IMQ]A{3}/
        $windows_hex = /["'`]4d5a900003000000/ nocase
        $linux = /["'`]f0VMR[gQ][IE]B/
        $linux_hex = /["'`]7f454c460[12]01/ nocase
        $macos = /["'`]z\/rt\/[gw][cwM]A/
    condition:
        any of them
}

rule miner {
    meta:
        description = "Terms of software that mines cryptocurrency"
    strings:
        $pool = /stratum\+(tcp|ssl):\/\/[\w.-]{4,80}:\d{2,5}/
        $scheme = "stratum+tcp://"
        $program = "xmrig" nocase
        $level = "--donate-level"
        $algorithm = "randomx" nocase
        $pools = /\b(pool\.(minexmr|supportxmr|hashvault)|moneroocean\.stream|nanopool\.org|2miners\.com)/
    condition:
        $pool or 2 of ($scheme, $program, $level, $algorithm, $pools)
}

rule wallet_address_pattern {
    meta:
        description = "A regular expression that recognises addresses of wallets"
    strings:
        $bitcoin = /\[13\][^\n]{0,8}\[a-(km-zA-HJ-NP-Z|zA-HJ-NP-Z|zA-Z)/
        $bitcoin_other = "[a-km-zA-HJ-NP-Z1-9]{2"
        $segwit = /bc1[^\n]{0,12}\[[a-z0-9A-Z-]{3,24}\]\{\d\d/
        $ethereum = /0x\[(a-fA-F0-9|0-9a-fA-F|A-Fa-f0-9|0-9A-Fa-f|a-f0-9|0-9a-f)\]\{40\}/
        $tron = /T\[[A-Za-z1-9-]{3,24}\]\{33\}/
        $monero = /4\[[0-9A-Z]{1,8}\]\[[1-9A-Za-z-]{3,24}\]\{93/
    condition:
        any of them
}

rule key_patterns {
    meta:
        description = "Regular expressions that recognise keys and tokens of several services"
    strings:
        $anthropic = /sk-ant-(\w{1,12}-)?(\\w|\[)/
        $openai = /\bsk-(\(\?:proj-\)\?|proj-)?\[/
        $github = /\bgh[pous]_(\\w|\[)|\bgh\[[a-z]{2,6}\]_|github_pat_(\\w|\[)/
        $npm = /\bnpm_(\\w|\[)/
        $aws = /\bA[KS]IA(\\w|\[)|\(\?:AKIA\|ASIA\)/
        $google = /\bAIza(\\w|\[)/
        $slack = /\bxox\[/
        $pypi = /\bpypi-AgE/
        $hub = /\bhf_(\\w|\[)/
    condition:
        2 of them
}

rule hidden_instruction {
    meta:
        description = "Words to an assistant that ask for somebody's secrets, and not to speak of it"
    strings:
        $secret = /(read|open|cat|send|include|pass|paste|attach|collect|find|list)\b[^"'\n]{0,120}(\.ssh\b|id_(rsa|ed25519)|\.aws\b|\.env\b|mcp\.json|\.npmrc|\.netrc|\.kube\b|credentials\b|seed phrase|private key|wallet)/ nocase
        $silence = /(do not|don't|never|without)\s{1,3}(tell|telling|mention|mentioning|inform|informing|show|showing|reveal|revealing|notify|notifying|explain)[^"'\n]{0,40}user/ nocase
    condition:
        for any i in (1..#secret) : (for any j in (1..#silence) : (@silence[j] < @secret[i] + 700 and @secret[i] < @silence[j] + 700))
}

rule fixed_blind_copy {
    meta:
        description = "The header of a message as text, with a receiver of blind copies that is written in the code"
    strings:
        $header = /["'`\n]Bcc:\s{0,3}[\w.+-]{1,64}@([\w-]{1,63}\.){1,6}[a-z]{2,24}/
    condition:
        $header
}

rule wallet_transfer {
    meta:
        description = "A transaction is asked of a wallet, with a receiver that is written in the code"
    strings:
        $ask = /eth_send(Raw)?Transaction|signAndSendTransaction|eth_signTypedData/
        $to = /\bto['"]?\s{0,3}[:=]\s{0,3}['"`]0x[0-9a-fA-F]{40}['"`]/
    condition:
        $ask and $to
}

rule chat_token_pattern {
    meta:
        description = "A regular expression that recognises Discord's login tokens"
    strings:
        $plain = /\[\\\\?w-\]\{2[346](,2[68])?\}\\\\?\.\[\\\\?w-\]\{6\}\\\\?\.\[\\\\?w-\]\{2[57]/
        $encrypted = "dQw4w9WgXcQ:["
        $second = /mfa\\\\?\.\[\\\\?w-\]\{84\}/
    condition:
        any of them
}

rule mixed_directions {
    meta:
        description = "Characters that turn the direction of writing, so that code reads otherwise than it runs"
    strings:
        $turn = /(\xE2\x80\xAE|\xE2\x81[\xA6-\xA8])[^\-\]\\]/
    condition:
        #turn > 0 and #turn < 9
}
