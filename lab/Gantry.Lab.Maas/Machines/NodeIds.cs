using System.Security.Cryptography;
using System.Text;

namespace Gantry.Lab.Maas.Machines;

/// <summary>New system ids: six of the letters and digits that MAAS draws from.</summary>
internal static class NodeIds
{
    private const string Alphabet = "4678abcdefghkmnpqrstwxy3";

    public static string Next(RegionState state)
    {
        while (true)
        {
            var number = state.Next("systemid");
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"system id {number}"));
            var id = string.Concat(hash.Take(6).Select(value => Alphabet[value % Alphabet.Length]));
            if (!state.Machines.Has(id) && !state.Devices.Has(id))
            {
                return id;
            }
        }
    }

    /// <summary>A host name of the kind MAAS makes up for a machine without one.</summary>
    public static string NextHostname(RegionState state)
    {
        string[] first = ["bold", "calm", "eager", "fair", "keen", "neat", "proud", "swift", "top", "wise"];
        string[] second = ["ant", "bee", "crane", "deer", "emu", "fox", "gnu", "hare", "ibis", "yak"];
        while (true)
        {
            var number = state.Next("hostname");
            var name = $"{first[number / 10 % 10]}-{second[number % 10]}{(number >= 100 ? number / 100 : "")}";
            if (state.Machines.All.All(machine => machine.Hostname != name))
            {
                return name;
            }
        }
    }
}
