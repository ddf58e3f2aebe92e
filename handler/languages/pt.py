"""Portuguese."""

from __future__ import annotations

from typing import Final

TIME: Final = "%d/%m/%Y, %H:%M"
GROUPING: Final = "."
POINT: Final = ","

TEXTS: Final = {
    # The page.
    "title": "Relatório de importação",
    "status.imported": "Importado",
    "status.uploading": "Em andamento",
    "status.partial": "Importado em parte",
    "status.refused": "Recusado",
    "status.interrupted": "Interrompido",
    "status.dry_run": "Simulação",
    # The verdict.
    "verdict.imported": "Um endereço foi adicionado ao {group}.|{n} endereços foram adicionados ao {group}.",
    "verdict.imported_none_new": "Nada de novo: o {group} já tem todos esses endereços.",
    "verdict.imported_none": "Nenhum endereço pôde ser adicionado ao {group}.",
    "verdict.uploading": "Um endereço foi entregue, e o serviço ainda o está adicionando ao {group}."
    "|{n} endereços foram entregues, e o serviço ainda os está adicionando ao {group}.",
    "verdict.partial": "Um endereço foi adicionado ao {group}; o serviço recusou os demais."
    "|{n} endereços foram adicionados ao {group}; o serviço recusou os demais.",
    "verdict.interrupted": "Ainda não terminou: a importação continua sozinha.",
    "verdict.dry_run": "Simulação: um endereço seria adicionado ao {group}; nada foi enviado."
    "|Simulação: {n} endereços seriam adicionados ao {group}; nada foi enviado.",
    "refused.over_capacity": "Nada foi enviado: o arquivo tem {new} endereços novos, e o {group} tem lugar para {fit}.",
    "refused.group_not_found": "Nada foi enviado: não existe o {group}.",
    "refused.no_group": "Nada foi enviado: nada diz a que grupo o arquivo se destina.",
    "refused.no_email_column": "Nada foi enviado: não foi encontrada no arquivo uma coluna com endereços de e-mail.",
    "refused.too_many_invalid": "Nada foi enviado: {rejected} de {filled} linhas não têm um endereço válido.",
    "refused.invalid_rows": "Nada foi enviado: uma linha não tem um endereço válido."
    "|Nada foi enviado: {n} linhas não têm um endereço válido.",
    "refused.empty_file": "Nada foi enviado: o arquivo não tem linhas com endereço.",
    "refused.unreadable": "Nada foi enviado: não é possível ler o arquivo.",
    "refused.unsupported_format": "Nada foi enviado: arquivos deste tipo não podem ser lidos.",
    "refused.too_large": "Nada foi enviado: o arquivo é grande demais.",
    "refused.damaged": "Nada foi enviado: o arquivo está danificado.",
    "refused.service": "Nada foi enviado: o serviço recusou ({code}).",
    "aside.clean": "Todas as linhas do arquivo são válidas.",
    "aside.rejected": "Uma linha ficou de fora por não ter um endereço válido."
    "|{n} linhas ficaram de fora por não terem um endereço válido.",
    "aside.over_capacity": "Para um endereço não havia lugar.|Para {n} endereços não havia lugar.",
    "group": "grupo {id}",
    "group_named": "grupo {id} “{name}”",
    "group_none": "grupo",
    # What to do next.
    "next": "O que fazer agora",
    "next.nothing": "Nada. Tudo o que podia ser feito está feito.",
    "next.wait": "Nada. Este relatório é reescrito assim que houver novidades: abra-o de novo em alguns minutos.",
    "next.fix_rejected": "Corrija a linha em {file} e coloque esse arquivo em {folder}. Só endereços novos e válidos "
    "são adicionados."
    "|Corrija as {n} linhas em {file} e coloque esse arquivo em {folder}. Só endereços novos e válidos são "
    "adicionados.",
    "next.look_rejected": "Veja em {file} qual linha foi rejeitada.|Veja em {file} quais {n} linhas foram rejeitadas.",
    "next.other_group": "Coloque {file} na pasta de outro grupo, {folder}: contém o endereço para o qual não havia "
    "lugar."
    "|Coloque {file} na pasta de outro grupo, {folder}: contém os {n} endereços para os quais não havia lugar.",
    "next.split": "Divida {file}, que lista todos os endereços novos: os primeiros {fit} cabem neste grupo; os demais "
    "vão para a pasta de outro grupo, {folder}.",
    "next.full": "Coloque {file}, que lista todos os endereços novos, na pasta de outro grupo, {folder}: este grupo "
    "está cheio.",
    "next.again": "Resolvida a causa, coloque {file} em {folder}: contém o endereço que não foi enviado."
    "|Resolvida a causa, coloque {file} em {folder}: contém os {n} endereços que não foram enviados.",
    "next.unconfirmed": "De um endereço o serviço ainda não disse se foi adicionado; {file} diz qual."
    "|De {n} endereços o serviço ainda não disse se foram adicionados; {file} diz quais.",
    "next.typos": "Veja abaixo os prováveis erros de digitação: esses endereços são válidos na forma e são enviados "
    "como estão.",
    "next.support": "Informe ao suporte do serviço os IDs de requisição abaixo.",
    "next.group_not_found": "Crie o grupo no console do serviço, ou coloque o arquivo na pasta de um grupo que exista.",
    "next.no_group": "Coloque o arquivo na pasta do seu grupo, como {folder}, em que o número é o ID do grupo.",
    "next.no_email_column": "Chame a coluna dos endereços de “email”, ou indique-a nos metadados do arquivo "
    "({header}), e coloque o arquivo de novo em {folder}.",
    "next.too_many_invalid": "Confira se é o arquivo certo. Os endereços foram procurados em {column}: se estiver "
    "errado, indique a coluna nos metadados do arquivo ({header}) e coloque o arquivo de novo em {folder}.",
    "next.export": "Exporte a lista como .xlsx ou como CSV em UTF-8, um endereço por linha, e coloque-a em {folder}.",
    "next.dry_run": "Para importar o arquivo, peça que a configuração DRY_RUN seja desligada e coloque o arquivo de "
    "novo em {folder}.",
    "next.truncated": "{file} foi cortado no tamanho máximo; as contagens estão completas mesmo assim.",
    "other_group": "ID de outro grupo",
    # How full the group is.
    "room": "Ocupação do grupo",
    "room.before": "antes",
    "room.added": "adicionados",
    "room.planned": "a adicionar",
    "room.free": "livres",
    "room.too_many": "a mais",
    "room.limit": "limite",
    "room.picture": "{before} endereços antes, {added} adicionados, {free} de {limit} livres",
    "room.picture_over": "{before} endereços antes, lugar para mais {free} de {limit}, {over} a mais",
    "room.now": "{now} de {limit}",
    # Rows by fate.
    "rows": "O destino das linhas",
    "rows.fate": "Linhas",
    "rows.number": "Número",
    "rows.share": "Parcela",
    "rows.total": "Todas as linhas do arquivo",
    "fate.imported": "Adicionadas ao grupo",
    "fate.to_send": "Seriam adicionadas",
    "fate.sendable": "Válidas, mas não enviadas",
    "fate.already_in_group": "Já no grupo",
    "fate.duplicate": "Repetidas no arquivo",
    "fate.rejected": "Rejeitadas",
    "fate.empty": "Sem endereço",
    "fate.over_capacity": "Sem lugar no grupo",
    "fate.not_attempted": "Não enviadas",
    "fate.unconfirmed": "Ainda não confirmadas",
    # Rejections.
    "rejected": "Linhas rejeitadas",
    "rejected.more": "mais uma|mais {n}",
    "rejected.rest": "As primeiras {shown} aparecem aqui; todas estão em {file}.",
    "line": "Linha",
    "written": "No arquivo",
    "meant": "Talvez",
    "reason.syntax": "Não tem a forma de um endereço",
    "reason.missing_at": "Sem @",
    "reason.too_long": "Longo demais",
    "reason.domain": "Domínio inválido",
    "reason.non_ascii_local": "Caracteres que o e-mail não transporta",
    "reason.undecodable": "Caracteres ilegíveis",
    "reason.malformed_row": "Linhas danificadas",
    "reason.missing_column": "Linhas que terminam cedo demais",
    "reason.refused_by_service": "Recusadas pelo serviço",
    "explain.syntax": "Há nele algo que não cabe em um endereço, ou falta algo.",
    "explain.missing_at": "Um endereço se escreve como name@example.com.",
    "explain.too_long": "Um endereço tem no máximo 254 bytes, 64 deles antes do @.",
    "explain.domain": "O que vem depois do @ não pode receber e-mail.",
    "explain.non_ascii_local": "Antes do @ só são possíveis letras simples, dígitos e alguns sinais.",
    "explain.undecodable": "A linha tem bytes que não são texto na codificação do arquivo.",
    "explain.malformed_row": "A linha não pode ser lida como as outras.",
    "explain.missing_column": "A linha não tem célula na coluna dos endereços.",
    "explain.refused_by_service": "O endereço é válido na forma; o serviço não o adicionou.",
    # Typing mistakes.
    "typos": "Prováveis erros de digitação em domínios",
    "typos.note": "Esses endereços são válidos na forma e por isso não ficam de fora. Só você sabe se estão certos.",
    "typos.domain": "Domínio",
    "typos.count": "Endereços",
    # Batches.
    "batches": "Como foi enviado",
    "batches.read": "Leitura e verificação",
    "batches.batch": "Lote {number}",
    "batches.settle": "Espera pelo serviço",
    "batches.size": "um endereço|{n} endereços",
    "batches.attempts": "uma tentativa|{n} tentativas",
    "batches.request": "ID da requisição|IDs das requisições",
    "batches.seconds": "{seconds} s",
    "batches.picture": "do segundo {begin} ao segundo {end} de {total}",
    "batches.note": "O suporte pede os IDs de requisição.",
    "outcome.accepted": "aceito",
    "outcome.refused": "recusado",
    "outcome.not_attempted": "não enviado",
    "outcome.unconfirmed": "não confirmado",
    # The file.
    "file": "O arquivo",
    "file.key": "Chave",
    "file.size": "Tamanho",
    "file.dropped": "Recebido",
    "file.format": "Formato",
    "file.compression": "Compactado como",
    "file.encoding": "Codificação",
    "file.delimiter": "Separado por",
    "file.header": "Cabeçalho",
    "file.email_column": "Endereços em",
    "file.tables": "Planilhas ou arquivos",
    "file.has_header": "na primeira linha",
    "file.no_header": "nenhum",
    "file.version": "Versão",
    "delimiter.comma": "vírgulas",
    "delimiter.semicolon": "ponto e vírgula",
    "delimiter.tab": "tabulações",
    "delimiter.bar": "barras verticais",
    "delimiter.space": "espaços",
    "foot.import_id": "Importação {id}",
    "foot.times": "{begin} UTC, levou {seconds} s",
    "foot.history": "Todas as importações deste grupo",
    "foot.json": "O mesmo para programas: {file}",
    "reason.said": "Em detalhe:",
    # The history of a group.
    "history": "Importações para o grupo {id}",
    "history.note": "A última importação.|As últimas {n} importações, da mais nova à mais antiga.",
    "history.when": "Quando (UTC)",
    "history.what": "Arquivo",
    "history.status": "Resultado",
    "history.added": "Adicionados",
    "history.rejected": "Rejeitadas",
    "history.rows": "Linhas",
}
