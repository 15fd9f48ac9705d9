using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// Reads user-data as cloud-init 22.4 and later do on an Ubuntu image installed by MAAS. Modules run in the image's stock order,
/// so the order of keys in the document does not matter.
/// </summary>
public static class UserData
{
    private const string ScriptFolder = "/var/lib/cloud/instance/scripts/";

    // Accounts that exist on the image before cloud-init adds any.
    private static readonly HashSet<string> StockAccounts = new(StringComparer.Ordinal)
    {
        "root",
        "daemon",
        "bin",
        "sys",
        "sync",
        "games",
        "man",
        "lp",
        "mail",
        "news",
        "uucp",
        "proxy",
        "www-data",
        "backup",
        "list",
        "irc",
        "_apt",
        "nobody",
        "nogroup",
        "systemd-network",
        "systemd-timesync",
        "systemd-resolve",
        "messagebus",
        "syslog",
        "adm",
        "tty",
        "disk",
        "sudo",
        "shadow",
        "staff",
        "users",
        "ssh",
        "sshd",
        "tss",
        "uuidd",
        "tcpdump",
        "landscape",
    };

    /// <summary>
    /// The actions the document triggers. An invalid document does not throw, because cloud-init continues the boot.
    /// </summary>
    /// <param name="userData">The user-data as the metadata service serves it.</param>
    public static CloudInitResult Read(byte[] userData, InstanceFacts facts)
    {
        UserDataDocument document;
        try
        {
            document = UserDataDocument.Read(userData, JinjaTemplate.Names(InstanceData(facts)));
        }
        catch (FormatException problem)
        {
            return new CloudInitResult([new CloudInitStep.Fail("init-network/consume-user-data", problem.Message)], []);
        }

        return new Modules(document, facts).Run();
    }

    // The part of instance-data.json that the MAAS data source fills.
    internal static JsonObject InstanceData(InstanceFacts facts) =>
        new()
        {
            ["ds"] = new JsonObject
            {
                ["meta_data"] = new JsonObject
                {
                    ["instance-id"] = facts.InstanceId,
                    ["local-hostname"] = facts.LocalHostname,
                    ["public-keys"] = new JsonArray([.. facts.PublicKeys.Select(key => (JsonNode?)key)]),
                },
            },
            ["sys_info"] = new JsonObject { ["platform"] = $"Linux-{facts.KernelRelease}-{facts.Machine}-with-glibc2.39" },
            ["v1"] = new JsonObject
            {
                ["availability-zone"] = null,
                ["availability_zone"] = null,
                ["cloud_id"] = "maas",
                ["cloud-name"] = "maas",
                ["cloud_name"] = "maas",
                ["distro"] = "ubuntu",
                ["distro_release"] = facts.DistroRelease,
                ["distro_version"] = facts.DistroVersion,
                ["instance-id"] = facts.InstanceId,
                ["instance_id"] = facts.InstanceId,
                ["kernel_release"] = facts.KernelRelease,
                ["local-hostname"] = facts.LocalHostname,
                ["local_hostname"] = facts.LocalHostname,
                ["machine"] = facts.Machine,
                ["platform"] = "maas",
                ["public_ssh_keys"] = new JsonArray([.. facts.PublicKeys.Select(key => (JsonNode?)key)]),
                ["region"] = null,
                ["subplatform"] = "seed-dir",
                ["system_platform"] = $"Linux-{facts.KernelRelease}-{facts.Machine}-with-glibc2.39",
                ["variant"] = "ubuntu",
            },
        };

    private sealed class Modules(UserDataDocument document, InstanceFacts facts)
    {
        private readonly List<CloudInitStep> _steps = [];
        private readonly List<string> _warnings = [.. document.Warnings];
        private readonly HashSet<string> _accounts = new(StockAccounts, StringComparer.Ordinal);
        private readonly JsonObject _config = document.Config;

        public CloudInitResult Run()
        {
            Module(
                "bootcmd",
                "init-network/config-bootcmd",
                (node, module) => _steps.Add(new CloudInitStep.RunScript(module, "/tmp/bootcmd.sh", Shellify(node)))
            );
            Module("write_files", "init-network/config-write_files", (node, module) => WriteFiles(node, module, deferred: false));
            Module(
                "mounts",
                "init-network/config-mounts",
                (node, module) =>
                    _steps.Add(
                        new CloudInitStep.Mount(
                            module,
                            [
                                .. List(node, "mounts")
                                    .Select(entry => (IReadOnlyList<string>)[.. List(entry, "mounts").Select(PythonText.Of)]),
                            ]
                        )
                    )
            );
            Module("swap", "init-network/config-mounts", Swap);
            Hostname("init-network/config-set_hostname");
            Users("init-network/config-users_groups");
            Module("ntp", "modules-config/config-ntp", Ntp);
            string? runcmd = null;
            Module("runcmd", "modules-config/config-runcmd", (node, _) => runcmd = Shellify(node));
            Module(
                "write_files",
                "modules-final/config-write_files_deferred",
                (node, module) => WriteFiles(node, module, deferred: true)
            );
            foreach (
                var (name, text) in document
                    .Scripts.Concat(runcmd is null ? [] : [("runcmd", runcmd)])
                    .OrderBy(script => script.Item1, StringComparer.Ordinal)
            )
            {
                _steps.Add(new CloudInitStep.RunScript("modules-final/config-scripts_user", ScriptFolder + name, text));
            }

            return new CloudInitResult(_steps, _warnings);
        }

        // cloud-init reports a failed module and runs the next one.
        private void Module(string key, string module, Action<JsonNode?, string> run)
        {
            if (!_config.TryGetPropertyValue(key, out var node))
            {
                return;
            }

            try
            {
                run(node, module);
            }
            catch (FormatException problem)
            {
                _steps.Add(new CloudInitStep.Fail(module, problem.Message));
            }
        }

        private void WriteFiles(JsonNode? node, string module, bool deferred)
        {
            var files = node is null ? [] : List(node, "write_files");
            var number = 0;
            foreach (var entry in files)
            {
                number++;
                if (entry is not JsonObject file)
                {
                    throw new FormatException($"write_files entry {number} must be a map with path and content");
                }

                if (Truth(file["defer"]) != deferred)
                {
                    continue;
                }

                if (file["path"] is not { } path || PythonText.Of(path).Length == 0)
                {
                    _warnings.Add($"No path provided to write for entry {number} in module write_files");
                    continue;
                }

                var (owner, group) = OwnerOf(file["owner"] is { } given ? PythonText.Of(given) : "root:root");
                var written = new WrittenFile(
                    Absolute(PythonText.Of(path)),
                    Content(file, number),
                    Permissions(file["permissions"]),
                    owner,
                    group,
                    Truth(file["append"]),
                    deferred
                );
                _steps.Add(new CloudInitStep.WriteFile(module, written));
                if (!_accounts.Contains(owner) || !_accounts.Contains(group))
                {
                    // The file exists by then, owned by root; the rest of the list is not written.
                    throw new FormatException(
                        $"Unknown user or group: \"getpwnam(): name not found: '{(_accounts.Contains(owner) ? group : owner)}'\""
                    );
                }
            }
        }

        private byte[] Content(JsonObject file, int number)
        {
            // Only text and bytes can be written: a number or null fails the module, as in Python.
            var content =
                !file.ContainsKey("content") ? []
                : file["content"] is JsonObject tagged && tagged[YamlText.BinaryTag] is { } binary
                    ? FromBase64(Encoding.ASCII.GetBytes(binary.ToString()), number)
                : file["content"] is JsonValue text && text.TryGetValue<string>(out var characters)
                    ? Encoding.UTF8.GetBytes(characters)
                : throw new FormatException($"write_files entry {number}: content is not text; put it in quotes");
            var encoding = (file["encoding"] is { } named ? PythonText.Of(named) : "").ToLowerInvariant().Trim();
            switch (encoding)
            {
                case "gz" or "gzip":
                    return UserDataDocument.Unzip(content)
                        ?? throw new FormatException($"write_files entry {number}: Not a gzipped file");
                case "gz+base64" or "gzip+base64" or "gz+b64" or "gzip+b64":
                    return UserDataDocument.Unzip(FromBase64(content, number))
                        ?? throw new FormatException($"write_files entry {number}: Not a gzipped file");
                case "b64" or "base64":
                    return FromBase64(content, number);
                case "" or "text/plain":
                    return content;
                default:
                    _warnings.Add($"Unknown encoding type {encoding}, assuming text/plain");
                    return content;
            }
        }

        private static byte[] FromBase64(byte[] content, int number) =>
            PythonBase64.Decode(Encoding.Latin1.GetString(content))
            ?? throw new FormatException($"write_files entry {number}: Incorrect padding");

        private int Permissions(JsonNode? given)
        {
            const int standard = 0b110_100_100;
            if (given is null)
            {
                return standard;
            }

            if (given.GetValueKind() is JsonValueKind.Number)
            {
                return (int)given.GetValue<long>();
            }

            var text = PythonText.Of(given);
            var digits = text.StartsWith("0o", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
            if (digits.Length is > 0 and < 8 && digits.All(c => c is >= '0' and <= '7'))
            {
                return Convert.ToInt32(digits, 8);
            }

            _warnings.Add($"Undecodable permissions {text}, returning default 644");
            return standard;
        }

        private void Swap(JsonNode? node, string module)
        {
            if (node is not JsonObject swap || swap["size"] is not { } size)
            {
                return;
            }

            var name = swap["filename"] is { } file ? PythonText.Of(file) : "/swap.img";
            _steps.Add(
                new CloudInitStep.Swap(module, name, PythonText.Of(size) is "auto" ? 2L << 30 : Bytes(PythonText.Of(size)))
            );
        }

        private static long Bytes(string size)
        {
            var number = size.TrimEnd('B', 'K', 'M', 'G', 'T');
            var factor = size[number.Length..] switch
            {
                "" or "B" => 1L,
                "K" => 1L << 10,
                "M" => 1L << 20,
                "G" => 1L << 30,
                _ => 1L << 40,
            };
            return double.TryParse(number, out var count)
                ? (long)(count * factor)
                : throw new FormatException($"'{size}' is not valid input.");
        }

        private void Hostname(string module)
        {
            if (_config["preserve_hostname"] is { } preserve && Truth(preserve))
            {
                return;
            }

            var name =
                _config["hostname"] is { } given ? PythonText.Of(given)
                : _config["fqdn"] is { } fqdn ? PythonText.Of(fqdn).Split('.')[0]
                : facts.LocalHostname;
            _steps.Add(new CloudInitStep.SetHostname(module, name));
        }

        private void Users(string module)
        {
            var keys = _config["ssh_authorized_keys"] is JsonArray list ? list.Select(PythonText.Of).ToArray() : [];
            var users = _config["users"] is JsonArray given ? given : ["default"];
            foreach (var entry in users)
            {
                if (entry is JsonObject user && user["name"] is { } name)
                {
                    _accounts.Add(PythonText.Of(name));
                    _steps.Add(
                        new CloudInitStep.AddUser(
                            module,
                            PythonText.Of(name),
                            [.. (user["ssh_authorized_keys"] as JsonArray ?? []).Select(PythonText.Of)]
                        )
                    );
                }
                else if (entry is JsonValue value)
                {
                    var named = PythonText.Of(value) == "default" ? "ubuntu" : PythonText.Of(value);
                    _accounts.Add(named);
                    _steps.Add(
                        new CloudInitStep.AddUser(
                            module,
                            named,
                            PythonText.Of(value) == "default" ? [.. facts.PublicKeys, .. keys] : []
                        )
                    );
                }
            }
        }

        private void Ntp(JsonNode? node, string module)
        {
            var ntp = node as JsonObject ?? [];
            _steps.Add(
                new CloudInitStep.Ntp(
                    module,
                    [.. (ntp["servers"] as JsonArray ?? []).Select(PythonText.Of)],
                    [.. (ntp["pools"] as JsonArray ?? []).Select(PythonText.Of)]
                )
            );
        }

        private static string Shellify(JsonNode? node)
        {
            var script = new StringBuilder("#!/bin/sh\n");
            foreach (var command in List(node, "a command list"))
            {
                script.Append(
                    command switch
                    {
                        null => "",
                        JsonArray words => string.Join(
                            ' ',
                            words.Select(word => $"'{PythonText.Of(word).Replace("'", "'\\''", StringComparison.Ordinal)}'")
                        ) + "\n",
                        JsonValue text when text.GetValueKind() is JsonValueKind.String => text + "\n",
                        _ => throw new FormatException(
                            $"Unable to shellify type '{command.GetValueKind()}'. Expected list, string, tuple. Got: "
                                + $"{command.ToJsonString()}"
                        ),
                    }
                );
            }

            return script.ToString();
        }

        private static JsonArray List(JsonNode? node, string what) =>
            node as JsonArray
            ?? throw new FormatException($"{what}: expected a list, got {node?.GetValueKind().ToString() ?? "None"}");

        private static (string Owner, string Group) OwnerOf(string text)
        {
            var cut = text.IndexOf(':', StringComparison.Ordinal);
            return cut < 0 ? (text.Trim(), "root") : (text[..cut].Trim(), text[(cut + 1)..].Trim());
        }

        private static string Absolute(string path)
        {
            var kept = new List<string>();
            foreach (var piece in path.Split('/'))
            {
                if (piece == "..")
                {
                    kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
                }
                else if (piece is not ("" or "."))
                {
                    kept.Add(piece);
                }
            }

            return "/" + string.Join('/', kept);
        }

        private static bool Truth(JsonNode? node) =>
            node?.GetValueKind() switch
            {
                JsonValueKind.True => true,
                JsonValueKind.String => PythonText.Of(node).ToLowerInvariant() is "true" or "1" or "on" or "yes",
                JsonValueKind.Number => PythonText.Of(node) == "1",
                _ => false,
            };
    }
}
